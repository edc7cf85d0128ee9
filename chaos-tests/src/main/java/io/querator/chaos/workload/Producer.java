package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Produces batches of 1 to 100 items. Half of its produces have an idempotency key and are
/// repeated with it until they are acknowledged; the others are sometimes repeated as other items.
final class Producer {
  private static final int[] SIZES = {1, 1, 1, 2, 3, 5, 10, 10, 30, 100};
  private static final int ATTEMPTS_MAX = 4;
  private static final int SCHEDULED_ONE_IN = 10;
  private static final int DUE_MIN_MILLIS = 300;
  private static final int DUE_MAX_MILLIS = 3_000;

  private final Run run;
  private final Calls calls;
  private final int number;
  private final RandomGenerator random;
  private final int pauseMillis;
  private int produced;

  /// @param number no other client has it
  /// @param pauseMillis between two produces, on average
  Producer(Run run, int number, RandomGenerator random, int pauseMillis) {
    this.run = run;
    calls = new Calls(run, number);
    this.number = number;
    this.random = random;
    this.pauseMillis = pauseMillis;
  }

  void work() throws InterruptedException {
    while (run.goesOn()) {
      Entry.Queue queue = random.nextInt(5) < 2 ? Queues.ONE : Queues.MANY;
      int size = SIZES[random.nextInt(SIZES.length)];
      long dueAt =
          random.nextInt(SCHEDULED_ONE_IN) == 0
              ? run.in(random.nextInt(DUE_MIN_MILLIS, DUE_MAX_MILLIS))
              : 0;
      int name = ++produced;
      if (random.nextBoolean()) {
        keyed(queue, name, size, dueAt);
      } else {
        unkeyed(queue, name, size, dueAt, random.nextBoolean());
      }
      run.pause(random.nextInt(2 * pauseMillis));
    }
  }

  private void keyed(Entry.Queue queue, int name, int size, long dueAt) {
    List<String> payloads = payloads(name, size, "");
    for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
      if (calls.produce(queue, number + "-" + name, payloads, dueAt) == Result.OK) {
        return;
      }
    }
  }

  private void unkeyed(Entry.Queue queue, int name, int size, long dueAt, boolean repeats) {
    int attempts = repeats ? ATTEMPTS_MAX : 1;
    for (int attempt = 1; attempt <= attempts; attempt++) {
      List<String> payloads = payloads(name, size, "/" + attempt);
      if (calls.produce(queue, null, payloads, dueAt) == Result.OK) {
        return;
      }
    }
  }

  private List<String> payloads(int name, int size, String end) {
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      payloads.add(number + "-" + name + "." + i + end);
    }
    return payloads;
  }
}

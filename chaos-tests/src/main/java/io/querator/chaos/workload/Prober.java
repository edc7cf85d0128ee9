package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;

/// Adds an item to a queue of one partition at short intervals, whether the ones before are
/// acknowledged or not: the longest time between two acknowledgements is the time without service.
final class Prober {
  private static final int INTERVAL_MILLIS = 50;

  /// More calls than that do not wait for their answers.
  private static final int CALLS_MAX = 100;

  private final Run run;
  private final Calls calls;
  private final ExecutorService threads;
  private final Entry.Queue queue;
  private final int number;
  private final Semaphore permits = new Semaphore(CALLS_MAX);

  Prober(Run run, ExecutorService threads, Entry.Queue queue, int number) {
    this.run = run;
    calls = new Calls(run, number);
    this.threads = threads;
    this.queue = queue;
    this.number = number;
  }

  void work() throws InterruptedException {
    for (int i = 0; run.goesOn(); i++) {
      String payload = number + "-" + i;
      permits.acquire();
      threads.execute(() -> {
        try {
          calls.produce(queue, payload);
        } finally {
          permits.release();
        }
      });
      run.pause(INTERVAL_MILLIS);
    }
  }
}

package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// A few clients that call at once, on a queue of their own: a short history whose order can be
/// proven to exist, or not to.
final class Burst {
  private static final int CLIENTS = 4;
  private static final int CALLS = 6;
  private static final int SIZE_MAX = 3;
  private static final String LEASE_TIMEOUT = "150ms";

  private final Run run;
  private final ExecutorService threads;
  private final Entry.Queue queue;
  private final int number;

  /// @param number the first of several that no other client has
  Burst(Run run, ExecutorService threads, Entry.Queue queue, int number) {
    this.run = run;
    this.threads = threads;
    this.queue = queue;
    this.number = number;
  }

  /// Makes all calls, and returns when all are answered.
  void work(RandomGenerator random) throws InterruptedException {
    List<Future<?>> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int client = number + i;
      long seed = random.nextLong();
      clients.add(threads.submit(() -> call(client, seed)));
    }
    for (Future<?> client : clients) {
      try {
        client.get();
      } catch (ExecutionException e) {
        throw new IllegalStateException("a client failed", e.getCause());
      }
    }
  }

  private void call(int client, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Calls calls = new Calls(run, client);
    List<QueueLeaseItem> held = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      int choice = random.nextInt(10);
      if (choice < 4) {
        calls.produce(queue, null, payloads(client, i, random.nextInt(1, SIZE_MAX + 1)), 0);
      } else if (choice < 7 || held.isEmpty()) {
        QueueLeaseResponse leased =
            calls.lease(queue, random.nextInt(1, SIZE_MAX + 1), LEASE_TIMEOUT);
        if (leased != null) {
          held.addAll(leased.getItemsList());
        }
      } else if (choice < 9) {
        calls.complete(queue, 0, List.of(held.removeFirst()));
      } else {
        calls.retry(queue, 0, List.of(held.removeFirst()), 0, false);
      }
    }
  }

  private static List<String> payloads(int client, int call, int size) {
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      payloads.add(client + "-" + call + "." + i);
    }
    return payloads;
  }
}

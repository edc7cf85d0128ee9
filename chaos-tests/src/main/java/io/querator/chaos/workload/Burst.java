package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.chaos.workload.Caller.Ended;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
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
  private static final String PRODUCE_TIMEOUT = "10s";

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
    List<QueueLeaseItem> held = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      int choice = random.nextInt(10);
      if (choice < 4) {
        produce(client, i, random.nextInt(1, SIZE_MAX + 1));
      } else if (choice < 7 || held.isEmpty()) {
        Ended<QueueLeaseResponse> leased =
            Consumer.lease(run, client, queue, i, random.nextInt(1, SIZE_MAX + 1), LEASE_TIMEOUT);
        QueueLeaseResponse answer = leased.value();
        if (answer != null) {
          held.addAll(answer.getItemsList());
        }
      } else if (choice < 9) {
        Consumer.complete(run, client, queue, 0, List.of(held.removeFirst()));
      } else {
        Consumer.retry(run, client, queue, 0, List.of(held.removeFirst()), 0, false);
      }
    }
  }

  private void produce(int client, int call, int size) {
    List<String> payloads = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      payloads.add(client + "-" + call + "." + i);
    }
    QueueProduceRequest.Builder request =
        QueueProduceRequest.newBuilder()
            .setQueueName(queue.name())
            .setRequestTimeout(PRODUCE_TIMEOUT);
    payloads.forEach(payload -> request.addItems(QueueProduceItem.newBuilder().setUtf8(payload)));
    QueueProduceRequest built = request.build();
    Ended<Boolean> ended = run.caller().run(same -> same.produce(built));
    run.history()
        .add(
            new Entry.Produce(
                ended.span(),
                client,
                queue.name(),
                null,
                payloads,
                0,
                ended.result(),
                ended.text()));
  }
}

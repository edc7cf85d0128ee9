package io.querator.chaos.workload;

import com.google.protobuf.Timestamp;
import io.querator.chaos.history.Entry;
import io.querator.chaos.workload.Caller.Ended;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;

/// Leases items and does with each what consumers do: most are completed, some are retried now,
/// later or as dead, forgotten, completed too late, or completed twice.
final class Consumer {
  private static final int BATCH_MAX = 60;
  private static final int LATER_MIN_MILLIS = 300;
  private static final int LATER_MAX_MILLIS = 3_000;
  private static final int LATE_MILLIS = 1_000;
  private static final int WORK_MAX_MILLIS = 60;
  private static final String LEASE_TIMEOUT = "2s";
  private static final String TIMEOUT = "5s";

  private final Run run;
  private final ExecutorService later;
  private final int number;
  private final RandomGenerator random;
  private int leases;

  /// What is done with an item, and how often of a hundred.
  private enum Way {
    COMPLETE(77),
    COMPLETE_TWICE(3),
    COMPLETE_LATE(3),
    RETRY(6),
    RETRY_LATER(4),
    DEAD(3),
    FORGET(4);

    final int percent;

    Way(int percent) {
      this.percent = percent;
    }

    static Way of(int percent) {
      int sum = 0;
      for (Way way : values()) {
        sum += way.percent;
        if (percent < sum) {
          return way;
        }
      }
      throw new IllegalStateException("less than a hundred: " + sum);
    }
  }

  /// @param later what happens when a lease has run out
  Consumer(Run run, ExecutorService later, int number, RandomGenerator random) {
    this.run = run;
    this.later = later;
    this.number = number;
    this.random = random;
  }

  void work() throws InterruptedException {
    while (run.goesOn()) {
      int choice = random.nextInt(10);
      Entry.Queue queue = choice < 3 ? Queues.ONE : choice < 9 ? Queues.MANY : Queues.DEAD;
      Ended<QueueLeaseResponse> leased =
          lease(run, number, queue, ++leases, random.nextInt(1, BATCH_MAX), LEASE_TIMEOUT);
      QueueLeaseResponse answer = leased.value();
      if (answer != null && answer.getItemsCount() > 0) {
        run.pause(random.nextInt(WORK_MAX_MILLIS));
        settle(queue, answer);
      }
    }
  }

  /// Leases, and records it.
  ///
  /// @param number of the client
  /// @param call no other lease call of the client has it
  static Ended<QueueLeaseResponse> lease(
      Run run, int number, Entry.Queue queue, int call, int batch, String timeout) {
    QueueLeaseRequest request =
        QueueLeaseRequest.newBuilder()
            .setQueueName(queue.name())
            .setBatchSize(batch)
            .setClientId(number + "/" + call)
            .setRequestTimeout(timeout)
            .build();
    Ended<QueueLeaseResponse> ended = run.caller().call(client -> client.lease(request));
    QueueLeaseResponse answer = ended.value();
    List<Entry.Leased> items = new ArrayList<>();
    if (answer != null) {
      for (QueueLeaseItem item : answer.getItemsList()) {
        items.add(
            new Entry.Leased(
                item.getBytes().toStringUtf8(),
                item.getId(),
                item.getAttempts(),
                millis(item.getLeaseDeadline())));
      }
    }
    run.history()
        .add(
            new Entry.Lease(
                ended.span(),
                number,
                queue.name(),
                batch,
                answer == null ? 0 : answer.getPartition(),
                items,
                ended.result(),
                ended.text()));
    return ended;
  }

  private static long millis(Timestamp timestamp) {
    return timestamp.getSeconds() * 1_000 + timestamp.getNanos() / 1_000_000;
  }

  private void settle(Entry.Queue queue, QueueLeaseResponse answer) {
    Map<Way, List<QueueLeaseItem>> ways = new EnumMap<>(Way.class);
    for (QueueLeaseItem item : answer.getItemsList()) {
      ways.computeIfAbsent(Way.of(random.nextInt(100)), _ -> new ArrayList<>()).add(item);
    }
    ways.forEach((way, items) -> settle(queue, answer.getPartition(), way, items));
  }

  private void settle(Entry.Queue queue, int partition, Way way, List<QueueLeaseItem> items) {
    switch (way) {
      case COMPLETE -> complete(run, number, queue, partition, items);
      case COMPLETE_TWICE -> {
        complete(run, number, queue, partition, items);
        complete(run, number, queue, partition, items);
      }
      case COMPLETE_LATE ->
          later(() -> {
            run.pause(queue.leaseMillis() + LATE_MILLIS);
            complete(run, number, queue, partition, items);
          });
      case RETRY -> retry(queue, partition, items, 0, false);
      case RETRY_LATER -> {
        long dueAt = run.in(random.nextInt(LATER_MIN_MILLIS, LATER_MAX_MILLIS));
        retry(queue, partition, items, dueAt, false);
      }
      case DEAD -> {
        if (!queue.deadQueue().isEmpty()) {
          retry(queue, partition, items, 0, true);
        }
      }
      case FORGET -> {}
    }
  }

  @FunctionalInterface
  private interface Task {
    void run() throws InterruptedException;
  }

  private void later(Task task) {
    try {
      later.execute(() -> {
        try {
          task.run();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    } catch (RejectedExecutionException e) {
      if (run.goesOn()) {
        throw e;
      }
    }
  }

  /// Completes items, and records it.
  ///
  /// @param number of the client
  static void complete(
      Run run, int number, Entry.Queue queue, int partition, List<QueueLeaseItem> items) {
    QueueCompleteRequest request =
        QueueCompleteRequest.newBuilder()
            .setQueueName(queue.name())
            .setPartition(partition)
            .setRequestTimeout(TIMEOUT)
            .addAllIds(items.stream().map(QueueLeaseItem::getId).toList())
            .build();
    Ended<Boolean> ended = run.caller().run(client -> client.complete(request));
    run.history()
        .add(
            new Entry.Complete(
                ended.span(),
                number,
                queue.name(),
                partition,
                held(items),
                ended.result(),
                ended.text()));
  }

  private void retry(
      Entry.Queue queue, int partition, List<QueueLeaseItem> items, long dueAt, boolean dead) {
    retry(run, number, queue, partition, items, dueAt, dead);
  }

  /// Retries items, and records it.
  static void retry(
      Run run,
      int number,
      Entry.Queue queue,
      int partition,
      List<QueueLeaseItem> items,
      long dueAt,
      boolean dead) {
    QueueRetryRequest.Builder request =
        QueueRetryRequest.newBuilder().setQueueName(queue.name()).setPartition(partition);
    for (QueueLeaseItem item : items) {
      QueueRetryItem.Builder one = QueueRetryItem.newBuilder().setId(item.getId()).setDead(dead);
      if (dueAt != 0) {
        one.setRetryAt(run.wall(dueAt));
      }
      request.addItems(one);
    }
    QueueRetryRequest built = request.build();
    Ended<Boolean> ended = run.caller().run(client -> client.retry(built));
    run.history()
        .add(
            new Entry.Retry(
                ended.span(),
                number,
                queue.name(),
                partition,
                held(items),
                dueAt,
                dead,
                ended.result(),
                ended.text()));
  }

  private static List<Entry.Held> held(List<QueueLeaseItem> items) {
    return items.stream()
        .map(item -> new Entry.Held(item.getBytes().toStringUtf8(), item.getId()))
        .toList();
  }
}

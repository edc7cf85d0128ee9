package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
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

  private final Run run;
  private final Calls calls;
  private final ExecutorService later;
  private final RandomGenerator random;

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
    calls = new Calls(run, number);
    this.later = later;
    this.random = random;
  }

  void work() throws InterruptedException {
    while (run.goesOn()) {
      int choice = random.nextInt(10);
      Entry.Queue queue = choice < 3 ? Queues.ONE : choice < 9 ? Queues.MANY : Queues.DEAD;
      QueueLeaseResponse answer = calls.lease(queue, random.nextInt(1, BATCH_MAX), LEASE_TIMEOUT);
      if (answer != null) {
        run.pause(random.nextInt(WORK_MAX_MILLIS));
        settle(queue, answer);
      }
    }
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
      case COMPLETE -> calls.complete(queue, partition, items);
      case COMPLETE_TWICE -> {
        calls.complete(queue, partition, items);
        calls.complete(queue, partition, items);
      }
      case COMPLETE_LATE ->
          later(() -> {
            run.pause(queue.leaseMillis() + LATE_MILLIS);
            calls.complete(queue, partition, items);
          });
      case RETRY -> calls.retry(queue, partition, items, 0, false);
      case RETRY_LATER -> {
        long dueAt = run.in(random.nextInt(LATER_MIN_MILLIS, LATER_MAX_MILLIS));
        calls.retry(queue, partition, items, dueAt, false);
      }
      case DEAD -> {
        if (!queue.deadQueue().isEmpty()) {
          calls.retry(queue, partition, items, 0, true);
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
}

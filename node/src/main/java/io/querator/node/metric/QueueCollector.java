package io.querator.node.metric;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.querator.node.config.MetricSettings;
import io.querator.node.metric.QueueReading.PartitionReading;
import io.querator.node.metric.QueueReading.Status;
import io.querator.queue.PartitionStats;
import io.querator.storage.Micros;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Reads the numbers of the queues at each scrape: of every partition, or, where these are too
/// many, of every queue, or sums only. So no number is there twice.
///
/// Collecting is serialised by a lock, which is held over reads of memory only: counters have to be
/// compared with those of the scrape before.
final class QueueCollector implements MultiCollector {
  private final QueueSource source;
  private final MetricSettings settings;
  private final InstantSource clock;
  private final RunningCounts running = new RunningCounts();

  QueueCollector(QueueSource source, MetricSettings settings, InstantSource clock) {
    this.source = source;
    this.settings = settings;
    this.clock = clock;
  }

  /// Synchronised because scrapes come on threads of others, and [RunningCounts] has one owner.
  @Override
  public synchronized MetricSnapshots collect() {
    List<QueueReading> queues = source.queues();
    running.update(queues);
    QueueFamilies families = new QueueFamilies(Micros.of(clock.instant()));
    addStatus(queues, families);
    long partitions = queues.stream().mapToLong(queue -> queue.partitions().size()).sum();
    if (queues.size() > settings.queuesMax()) {
      addTotals(queues, families);
    } else if (partitions > settings.partitionsMax()) {
      queues.forEach(queue -> addQueue(queue, families));
    } else {
      queues.forEach(queue -> addPartitions(queue, families));
    }
    return families.snapshots();
  }

  private static void addStatus(List<QueueReading> queues, QueueFamilies families) {
    Map<Status, Integer> partitions = new EnumMap<>(Status.class);
    for (Status status : Status.values()) {
      partitions.put(status, 0);
    }
    for (QueueReading queue : queues) {
      queue
          .partitions()
          .forEach(partition -> partitions.merge(partition.status(), 1, Integer::sum));
    }
    families.gauge("queue_queues", "Queues.", Labels.EMPTY, queues.size());
    partitions.forEach((status, count) ->
        families.gauge(
            "queue_partitions",
            "Partitions of all queues on this node, by what they are doing.",
            Labels.of("status", status.name().toLowerCase(Locale.ROOT)),
            count));
  }

  private void addTotals(List<QueueReading> queues, QueueFamilies families) {
    Level level = new Level();
    queues.forEach(queue -> queue.partitions().forEach(level::add));
    families.level(level, Labels.EMPTY);
    families.counts(running.total(), Labels.EMPTY);
    addWaiters(queues.stream().mapToInt(QueueReading::waiters).sum(), Labels.EMPTY, families);
  }

  private void addQueue(QueueReading queue, QueueFamilies families) {
    Labels labels = Labels.of("queue", queue.queue());
    Level level = new Level();
    queue.partitions().forEach(level::add);
    families.level(level, labels);
    families.counts(running.ofQueue(queue.queue()), labels);
    addWaiters(queue.waiters(), labels, families);
  }

  private static void addPartitions(QueueReading queue, QueueFamilies families) {
    for (PartitionReading partition : queue.partitions()) {
      PartitionStats stats = partition.stats();
      if (stats == null) {
        continue;
      }
      Labels labels =
          Labels.of("queue", queue.queue(), "partition", Integer.toString(partition.index()));
      Level level = new Level();
      level.add(partition);
      families.level(level, labels);
      families.counts(Counts.of(stats), labels);
    }
    addWaiters(queue.waiters(), Labels.of("queue", queue.queue()), families);
  }

  private static void addWaiters(int waiters, Labels labels, QueueFamilies families) {
    families.gauge("queue_lease_waiters", "Lease calls that wait for items.", labels, waiters);
  }
}

package io.querator.node.metric;

import io.querator.node.metric.QueueReading.PartitionReading;
import io.querator.queue.PartitionStats;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Sums over partitions that never go back, though partitions come, go and begin again from 0.
///
/// Holds a few numbers for each partition and queue of the last reading. Owned by the lock of
/// [QueueCollector].
final class RunningCounts {
  private static final Counts NOTHING = new Counts();

  private final Counts total = new Counts();
  private Map<String, Queue> queues = Map.of();

  private record Queue(Counts sum, Map<Integer, Counts> partitions) {}

  /// Takes a reading of all queues in.
  void update(List<QueueReading> readings) {
    Map<String, Queue> updated = HashMap.newHashMap(readings.size());
    for (QueueReading reading : readings) {
      Queue before = queues.get(reading.queue());
      updated.put(
          reading.queue(),
          before == null
              ? update(reading, new Counts(), Map.of())
              : update(reading, before.sum(), before.partitions()));
    }
    queues = updated;
  }

  private Queue update(QueueReading reading, Counts sum, Map<Integer, Counts> before) {
    Map<Integer, Counts> after = HashMap.newHashMap(reading.partitions().size());
    for (PartitionReading partition : reading.partitions()) {
      Counts last = before.getOrDefault(partition.index(), NOTHING);
      PartitionStats stats = partition.stats();
      Counts now = stats == null ? last : Counts.of(stats);
      Counts added = now.since(last);
      sum.add(added);
      total.add(added);
      after.put(partition.index(), now);
    }
    return new Queue(sum, after);
  }

  /// Of all partitions that a queue ever had here.
  Counts ofQueue(String queue) {
    Queue known = queues.get(queue);
    return known == null ? NOTHING : known.sum();
  }

  /// Of all queues there ever were here.
  Counts total() {
    return total;
  }
}

package io.querator.node.metric;

import io.querator.node.metric.QueueReading.PartitionReading;
import io.querator.queue.PartitionStats;

/// What stands there at a moment, of one partition or summed up. Owned by whoever made it.
final class Level {
  private long waiting;
  private long leased;
  private long scheduled;
  private long mailbox;
  private long oldestAt = Long.MAX_VALUE;

  void add(PartitionReading partition) {
    PartitionStats stats = partition.stats();
    if (stats == null) {
      return;
    }
    waiting += stats.waiting();
    leased += stats.leased();
    scheduled += stats.scheduled();
    mailbox += partition.mailboxItems();
    oldestAt = Math.min(oldestAt, stats.headPlacedAt());
  }

  long waiting() {
    return waiting;
  }

  long leased() {
    return leased;
  }

  long scheduled() {
    return scheduled;
  }

  long mailbox() {
    return mailbox;
  }

  /// How long the first item has waited.
  ///
  /// @param now microseconds since 1970
  double oldestSeconds(long now) {
    return oldestAt == Long.MAX_VALUE ? 0 : Math.max(0, now - oldestAt) / 1e6;
  }
}

package io.querator.node.metric;

import static java.util.Objects.requireNonNull;

import io.querator.queue.PartitionStats;
import java.util.List;

/// The numbers of a queue at a moment.
///
/// @param waiters lease calls that wait
/// @param partitions those that are open on this node
public record QueueReading(String queue, int waiters, List<PartitionReading> partitions) {
  public QueueReading {
    requireNonNull(queue, "queue");
    partitions = List.copyOf(partitions);
  }

  /// The numbers of a partition at a moment.
  ///
  /// @param index its number in the queue
  /// @param mailboxItems items that wait for a turn
  public record PartitionReading(int index, PartitionStats stats, long mailboxItems) {
    public PartitionReading {
      requireNonNull(stats, "stats");
    }
  }
}

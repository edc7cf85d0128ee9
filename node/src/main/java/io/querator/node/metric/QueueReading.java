package io.querator.node.metric;

import static java.util.Objects.requireNonNull;

import io.querator.queue.PartitionStats;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The numbers of a queue at a moment.
///
/// @param waiters lease calls that wait
/// @param partitions those that are open on this node
public record QueueReading(String queue, int waiters, List<PartitionReading> partitions) {
  public QueueReading {
    requireNonNull(queue, "queue");
    partitions = List.copyOf(partitions);
  }

  /// What a partition is doing.
  public enum Status {
    OPENING,
    SERVING,
    FAILING
  }

  /// The numbers of a partition at a moment.
  ///
  /// @param index its number in the queue
  /// @param stats null where it is not open
  /// @param mailboxItems items that wait for a turn
  public record PartitionReading(
      int index, Status status, @Nullable PartitionStats stats, long mailboxItems) {
    public PartitionReading {
      requireNonNull(status, "status");
    }
  }
}

package io.querator.cluster;

import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.Set;

/// What became of the partitions of a node that is no member any more, and owned some.
///
/// @param index of the command that ended its membership
/// @param since when it was last heard of, in milliseconds of the table's own time
/// @param partitions how many it owned
/// @param waiting those of them that nobody has served since, in the order of their keys
/// @param until when the last of them was served again; 0 while some wait
public record Failover(
    NodeId node,
    Cause cause,
    long index,
    long since,
    int partitions,
    List<PartitionKey> waiting,
    long until) {
  /// Why a process is no member any more.
  public enum Cause {
    /// It said that it leaves.
    LEFT,
    /// It was not heard of.
    SILENT,
    /// Nobody listens on its port.
    REFUSED,
    /// Another process has its name.
    RESTARTED
  }

  public Failover {
    waiting = List.copyOf(waiting);
  }

  /// `keys` are served again, or there are no such partitions any more.
  Failover without(Set<PartitionKey> keys, long now) {
    List<PartitionKey> left = waiting.stream().filter(one -> !keys.contains(one)).toList();
    if (left.size() == waiting.size()) {
      return this;
    }
    return new Failover(node, cause, index, since, partitions, left, left.isEmpty() ? now : 0);
  }

  /// How long a partition of it was not served, at most, in milliseconds; until now if some wait.
  public long durationMillis(long now) {
    return (waiting.isEmpty() ? until : Math.max(now, since)) - since;
  }
}

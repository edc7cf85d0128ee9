package io.querator.cluster;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// An [OwnershipTable] at one moment.
///
/// @param generation 0 if it has none yet: then nobody owns anything
/// @param index of the last command that it has applied
/// @param changedAt the last command that changed more than leases
/// @param now in milliseconds of its own time
/// @param controller who leads, or null before the first tick
/// @param members in the order of their names
/// @param draining nodes that are to own nothing
/// @param partitions in the order of their keys
/// @param moves how many partitions were handed from one living node to another
/// @param failovers the last ones, the oldest first
public record OwnershipView(
    long generation,
    long index,
    long changedAt,
    long now,
    @Nullable UUID controller,
    List<Member> members,
    List<NodeId> draining,
    List<Ownership> partitions,
    long moves,
    List<Failover> failovers) {
  public OwnershipView {
    members = List.copyOf(members);
    draining = List.copyOf(draining);
    partitions = List.copyOf(partitions);
    failovers = List.copyOf(failovers);
  }
}

package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import io.querator.cluster.member.ClusterMember;
import io.querator.cluster.member.OwnershipHost;
import java.util.UUID;
import java.util.function.Function;

/// This process's place in a cluster.
///
/// @param incarnation fresh for each start of the process
/// @param join makes the member that says which partitions this node owns
public record Seat(
    NodeId node, UUID incarnation, Peers peers, Function<OwnershipHost, ClusterMember> join) {
  public Seat {
    requireNonNull(node, "node");
    requireNonNull(incarnation, "incarnation");
    requireNonNull(peers, "peers");
    requireNonNull(join, "join");
  }
}

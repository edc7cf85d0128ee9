package io.querator.node.api;

import io.querator.client.Text;
import io.querator.cluster.Member;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.http.ReplyException;
import io.querator.node.service.PartitionMoves;
import org.jspecify.annotations.Nullable;

/// Whether partitions may be moved between storages.
///
/// @param member null if this node is in no cluster
record MoveChecks(PartitionMoves moves, @Nullable ClusterMember member) {
  /// What a node must be able to do: know that a partition may lie where it was not made.
  private static final int FEATURE_LEVEL = 2;

  /// @throws ReplyException if `storage` is not the name of one, or a node of the cluster is too
  ///   old
  void check(String storage) {
    if (Text.isBlank(storage)) {
      throw Refusals.invalid("storage is invalid; storage cannot be empty");
    }
    if (!moves.hasStorage(storage)) {
      throw Refusals.invalid("storage does not exist; no such storage named '" + storage + "'");
    }
    if (member != null && member.view().members().stream().anyMatch(one -> isTooOld(one))) {
      throw Refusals.invalid("partitions cannot be moved; a node of the cluster is too old");
    }
  }

  private static boolean isTooOld(Member member) {
    return member.featureLevel() < FEATURE_LEVEL;
  }
}

package io.querator.cluster.member;

import io.querator.cluster.Holdings.Step;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipView;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/// What opens and closes partitions on this node, and knows which ones there are. Called by many
/// threads.
public interface OwnershipHost {
  /// The table has changed, or what was answered entails further steps. Called in the order of the
  /// views; must be quick, and take the steps later: it answers each with [ClusterMember#opened],
  /// [ClusterMember#lost] or [ClusterMember#closed].
  void follow(OwnershipView view, List<Step> steps);

  /// Whether this node's way to the databases works.
  boolean storageReachable();

  /// The highest generation that a database has shown to hold, 0 if none was seen. Does not ask.
  long seenGeneration();

  /// The highest generation that any database holds. Blocks.
  ///
  /// @return empty if one cannot be asked
  OptionalLong highestGeneration();

  /// Reads the catalogue again.
  ///
  /// @return completes when [#partitions] tells what was in it at some time after this call
  CompletableFuture<?> refreshCatalogue();

  /// All partitions that there are, as far as this node knows.
  ///
  /// @return empty if the catalogue has not been read yet
  Optional<Collection<PartitionDefinition>> partitions();
}

package io.querator.cluster;

import static java.util.Objects.requireNonNull;

import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.UUID;

/// What the replicated log holds: everything that changes an [OwnershipTable].
///
/// The *controller* is the node that leads the Raft group; it alone sends commands.
public sealed interface OwnershipCommand {
  /// The table counts its decisions in a generation above every one that a database holds. Sent by
  /// the controller of a table that is new, or that has been outdone by what it did not know of.
  ///
  /// @param generation from 1
  record Found(long generation) implements OwnershipCommand {
    public Found {
      if (generation < 1) {
        throw new IllegalArgumentException("a generation is at least 1, but not " + generation);
      }
    }
  }

  /// Time passes, and these nodes have been heard of.
  ///
  /// @param controller who says so, fresh each time that a node begins to lead
  /// @param elapsedMillis since its last tick; counts as [OwnershipTable#ELAPSED_MAX_MILLIS] at
  ///   most, so that a controller that was stopped expires nobody
  /// @param leaseMillis for how long a renewal holds
  record Tick(UUID controller, long elapsedMillis, long leaseMillis, List<Renewal> renewals)
      implements OwnershipCommand {
    public Tick {
      requireNonNull(controller, "controller");
      renewals = List.copyOf(renewals);
    }
  }

  /// A node is to own nothing, or may own partitions again.
  record Drain(NodeId node, boolean draining) implements OwnershipCommand {
    public Drain {
      requireNonNull(node, "node");
    }
  }

  /// A process has ended as it should.
  record Leave(NodeId node, UUID incarnation) implements OwnershipCommand {
    public Leave {
      requireNonNull(node, "node");
      requireNonNull(incarnation, "incarnation");
    }
  }

  /// A process is certainly gone.
  record Evict(NodeId node, UUID incarnation) implements OwnershipCommand {
    public Evict {
      requireNonNull(node, "node");
      requireNonNull(incarnation, "incarnation");
    }
  }

  /// Partitions have been made and dropped.
  record Define(List<PartitionDefinition> added, List<PartitionKey> removed)
      implements OwnershipCommand {
    public Define {
      added = List.copyOf(added);
      removed = List.copyOf(removed);
    }
  }

  /// A partition that somebody should own.
  ///
  /// @param queue equal for the partitions of one queue, which are spread over nodes
  record PartitionDefinition(PartitionKey key, long queue) {
    public PartitionDefinition {
      requireNonNull(key, "key");
    }
  }
}

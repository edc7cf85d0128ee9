package io.querator.cluster;

import static java.util.Objects.requireNonNull;

import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.UUID;

/// What a node says of itself, again and again, to go on being a member.
///
/// @param incarnation fresh for each start of its process
/// @param api where clients reach it, `host:port`
/// @param peer where other nodes reach it, `host:port`
/// @param storageReachable whether its way to the databases works
/// @param featureLevel what its program can do; the cluster does what all of its members can
/// @param version of its program, for people
/// @param generation the highest that it has heard of, or 0; a table below it has lost its memory
/// @param reports what has become of partitions since its last renewal that went through; saying it
///   twice changes nothing
public record Renewal(
    NodeId node,
    UUID incarnation,
    String api,
    String peer,
    boolean storageReachable,
    int featureLevel,
    String version,
    long generation,
    List<Report> reports) {
  public Renewal {
    requireNonNull(node, "node");
    requireNonNull(incarnation, "incarnation");
    requireNonNull(api, "api");
    requireNonNull(peer, "peer");
    requireNonNull(version, "version");
    reports = List.copyOf(reports);
  }

  /// What has become of a partition.
  ///
  /// @param version of the decision that it is about; a report on an older one is ignored
  /// @param epoch that the database gave, or 0
  public record Report(PartitionKey partition, long version, long epoch, Fate fate) {
    public Report {
      requireNonNull(partition, "partition");
      requireNonNull(fate, "fate");
    }
  }

  /// What a node did with a partition.
  public enum Fate {
    /// It serves it.
    OPENED,
    /// It does not, and will write nothing to it any more.
    RELEASED
  }
}

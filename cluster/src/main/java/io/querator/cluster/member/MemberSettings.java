package io.querator.cluster.member;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import io.querator.cluster.atomix.RaftSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;

/// How a process takes part.
///
/// @param incarnation fresh for each start of the process
/// @param api where clients reach it, `host:port`
/// @param peer where other nodes reach it, `host:port`
/// @param voters the nodes that keep the table, the same for all; this one may be none of them
/// @param directory for Raft's log, where this node is a voter
/// @param lease for how long a renewal holds, in [500 ms, 1 min]
/// @param electionTimeout see [RaftSettings]; of no meaning where there is one voter
/// @param featureLevel what this program can do, rising with its versions
/// @param version of this program, for people
public record MemberSettings(
    NodeId node,
    UUID incarnation,
    String api,
    String peer,
    Set<NodeId> voters,
    Path directory,
    Duration lease,
    Duration electionTimeout,
    int featureLevel,
    String version) {
  /// Twice the worst pause of a quiet machine.
  public static final Duration LEASE = Duration.ofMillis(1_500);

  private static final Duration LEASE_MIN = Duration.ofMillis(500);
  private static final Duration LEASE_MAX = Duration.ofMinutes(1);
  private static final int HEARTBEATS = 5;

  public MemberSettings {
    requireNonNull(node, "node");
    requireNonNull(incarnation, "incarnation");
    requireNonNull(api, "api");
    requireNonNull(peer, "peer");
    requireNonNull(directory, "directory");
    requireNonNull(electionTimeout, "electionTimeout");
    requireNonNull(version, "version");
    voters = Set.copyOf(voters);
    if (voters.isEmpty()) {
      throw new IllegalArgumentException("a cluster needs a voter");
    }
    if (lease.compareTo(LEASE_MIN) < 0 || lease.compareTo(LEASE_MAX) > 0) {
      throw new IllegalArgumentException("lease out of range: " + lease);
    }
  }

  boolean isVoter() {
    return voters.contains(node);
  }

  RaftSettings raft() {
    // the only voter has nobody whose silence could mean something
    Duration silence = voters.size() == 1 ? RaftSettings.ELECTION_TIMEOUT_MIN : electionTimeout;
    return new RaftSettings(
        node,
        voters,
        directory,
        silence,
        silence.dividedBy(HEARTBEATS),
        RaftSettings.SEGMENT_BYTES);
  }
}

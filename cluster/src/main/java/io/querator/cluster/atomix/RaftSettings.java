package io.querator.cluster.atomix;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;

/// How a voter of the Raft group is set up.
///
/// @param node one of `voters`
/// @param voters the same for all, and fixed
/// @param directory of this voter alone, for its log
/// @param electionTimeout how long a leader may be silent, in [100 ms, 10 s]
/// @param heartbeatInterval of the leader, less than a third of the time-out
/// @param segmentBytes the log is cut into files of this size and kept short by whole files; 1 MiB
///   or more
public record RaftSettings(
    NodeId node,
    Set<NodeId> voters,
    Path directory,
    Duration electionTimeout,
    Duration heartbeatInterval,
    int segmentBytes) {
  /// A new leader is there within 0.6 to 0.9 s.
  public static final Duration ELECTION_TIMEOUT = Duration.ofMillis(500);

  public static final Duration ELECTION_TIMEOUT_MIN = Duration.ofMillis(100);
  static final Duration ELECTION_TIMEOUT_MAX = Duration.ofSeconds(10);

  public static final Duration HEARTBEAT_INTERVAL = Duration.ofMillis(100);
  public static final int SEGMENT_BYTES = 16 << 20;

  private static final int SEGMENT_BYTES_MIN = 1 << 20;

  public RaftSettings {
    requireNonNull(directory, "directory");
    voters = Set.copyOf(voters);
    if (!voters.contains(node)) {
      throw new IllegalArgumentException(node + " is none of the voters " + voters);
    }
    if (electionTimeout.compareTo(ELECTION_TIMEOUT_MIN) < 0
        || electionTimeout.compareTo(ELECTION_TIMEOUT_MAX) > 0) {
      throw new IllegalArgumentException("election time-out out of range: " + electionTimeout);
    }
    if (heartbeatInterval.multipliedBy(3).compareTo(electionTimeout) >= 0) {
      throw new IllegalArgumentException("heartbeat interval too long: " + heartbeatInterval);
    }
    if (segmentBytes < SEGMENT_BYTES_MIN) {
      throw new IllegalArgumentException("segments too small: " + segmentBytes);
    }
  }
}

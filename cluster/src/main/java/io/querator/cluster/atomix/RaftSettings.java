package io.querator.cluster.atomix;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/// How a voter of the Raft group is set up.
///
/// @param clusterId what tells clusters on one network apart; not a secret
/// @param node one of `voters`
/// @param voters where each voter's messages go; the same for all, and fixed
/// @param directory of this voter alone, for its log
/// @param electionTimeout how long a leader may be silent, in [100 ms, 10 s]
/// @param heartbeatInterval of the leader, less than a third of the time-out
public record RaftSettings(
    String clusterId,
    NodeId node,
    Map<NodeId, Endpoint> voters,
    Path directory,
    Duration electionTimeout,
    Duration heartbeatInterval) {
  /// A new leader is there within 0.6 to 0.9 s.
  public static final Duration ELECTION_TIMEOUT = Duration.ofMillis(500);

  public static final Duration HEARTBEAT_INTERVAL = Duration.ofMillis(100);

  private static final Duration ELECTION_MIN = Duration.ofMillis(100);
  private static final Duration ELECTION_MAX = Duration.ofSeconds(10);

  public RaftSettings {
    requireNonNull(clusterId, "clusterId");
    requireNonNull(directory, "directory");
    voters = Map.copyOf(voters);
    if (!voters.containsKey(node)) {
      throw new IllegalArgumentException(node + " is none of the voters " + voters.keySet());
    }
    if (electionTimeout.compareTo(ELECTION_MIN) < 0
        || electionTimeout.compareTo(ELECTION_MAX) > 0) {
      throw new IllegalArgumentException("election time-out out of range: " + electionTimeout);
    }
    if (heartbeatInterval.multipliedBy(3).compareTo(electionTimeout) >= 0) {
      throw new IllegalArgumentException("heartbeat interval too long: " + heartbeatInterval);
    }
  }

  /// An address of a voter.
  public record Endpoint(String host, int port) {
    public Endpoint {
      requireNonNull(host, "host");
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port out of range: " + port);
      }
    }
  }

  Endpoint endpoint() {
    return requireNonNull(voters.get(node));
  }
}

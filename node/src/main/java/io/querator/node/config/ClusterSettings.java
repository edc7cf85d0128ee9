package io.querator.node.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How nodes work together.
///
/// @param seeds the nodes that keep the ownership table, the same list on all nodes; absent: this
///   node is alone
/// @param listen where other nodes connect to; absent: this node's address among the seeds, else a
///   free port of the loopback interface
/// @param address where other nodes reach this one, if that is not `listen`
/// @param apiAddress where clients reach this node, if that is not where it listens; for people
/// @param secret that all nodes know, 16 characters or more
/// @param secretFile a file that holds the secret alone; read at start
/// @param lease 500 ms to 1 min: a node that is not heard of for so long is dead
/// @param electionTimeout 100 ms to 10 s: how long the node that leads may be silent before another
///   one does; of no meaning where there is one seed
/// @param drainDelay up to 5 min: how long a node that is told to stop goes on serving, while it is
///   not ready any more and others own its partitions
public record ClusterSettings(
    @Nullable Seeds seeds,
    @Nullable HostPort listen,
    @Nullable HostPort address,
    @Nullable HostPort apiAddress,
    @Nullable Secret secret,
    @Nullable Path secretFile,
    Duration lease,
    Duration electionTimeout,
    Duration drainDelay) {
  private static final int SECRET_MIN = 16;

  static final ClusterSettings DEFAULT =
      new ClusterSettings(
          null,
          null,
          null,
          null,
          null,
          null,
          Duration.ofMillis(1_500),
          Duration.ofMillis(500),
          Duration.ZERO);

  public ClusterSettings {
    if (secret != null && secretFile != null) {
      throw new SettingException("secretFile", "give either secret or secret-file, not both");
    }
    if (secret != null && secret.reveal().length() < SECRET_MIN) {
      throw new SettingException("secret", "must be " + SECRET_MIN + " characters or more");
    }
    boolean secretGiven = secret != null || secretFile != null;
    if (seeds != null && !secretGiven) {
      throw new SettingException("secret", "is missing: nodes know each other by it");
    }
    if (listen != null && !isLoopback(listen) && !secretGiven) {
      throw new SettingException(
          "listen", "is open to other machines, which needs a secret: set cluster.secret");
    }
    if (address != null && (address.isAny() || address.port() == 0)) {
      throw new SettingException(
          "address", "'" + address + "' is not one that other nodes can connect to");
    }
    Range.check("lease", lease, "500ms", "1m");
    Range.check("electionTimeout", electionTimeout, "100ms", "10s");
    Range.check("drainDelay", drainDelay, "0s", "5m");
  }

  private static boolean isLoopback(HostPort address) {
    return address.host().startsWith("127.")
        || address.host().equals("::1")
        || address.host().equals("localhost");
  }
}

package io.querator.storage.sql;

import java.time.Duration;

/// What settings of a store on a SQL database may say.
public final class SessionLimits {
  private static final int LANES_MAX = 64;
  private static final Duration COMMIT_TIMEOUT_MIN = Duration.ofSeconds(1);
  private static final Duration COMMIT_TIMEOUT_MAX = Duration.ofMinutes(5);

  private SessionLimits() {}

  /// @param lanes how many groups of two connections the partitions are bound to
  /// @param commitTimeout how long a commit may try before it gives up
  /// @throws IllegalArgumentException if one is out of range
  public static void check(int lanes, Duration commitTimeout) {
    if (lanes < 1 || lanes > LANES_MAX) {
      throw new IllegalArgumentException("lanes is 1 to " + LANES_MAX + ": " + lanes);
    }
    if (commitTimeout.compareTo(COMMIT_TIMEOUT_MIN) < 0
        || commitTimeout.compareTo(COMMIT_TIMEOUT_MAX) > 0) {
      throw new IllegalArgumentException("commit-timeout is 1 s to 5 min: " + commitTimeout);
    }
  }
}

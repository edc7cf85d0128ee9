package io.querator.benchmarks.sides;

import java.time.Duration;

/// What one side did in one round.
///
/// @param items that were added, taken and completed
/// @param store processor time of what keeps the items: the database or the broker
/// @param node that of a server in front of it; zero where there is none
/// @param client processor time of this process and what it started to make the load
public record Measured(double seconds, long items, Duration store, Duration node, Duration client) {
  private static final double NANOS = 1e9;
  private static final double MILLION = 1e6;

  public double itemsPerSecond() {
    return items / seconds;
  }

  /// Seconds of processor time for a million items of what keeps them.
  public double storeSecondsPerMillion() {
    return perMillion(store);
  }

  /// Seconds of processor time for a million items of all servers.
  public double serverSecondsPerMillion() {
    return perMillion(store.plus(node));
  }

  /// Seconds of processor time for a million items that the load itself took.
  public double clientSecondsPerMillion() {
    return perMillion(client);
  }

  private double perMillion(Duration time) {
    return time.toNanos() / NANOS * MILLION / Math.max(1, items);
  }
}

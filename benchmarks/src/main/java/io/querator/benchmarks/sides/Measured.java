package io.querator.benchmarks.sides;

import java.time.Duration;

/// What one side did in one round.
///
/// @param items that were added, taken and completed
/// @param server processor time of what would be a server: broker, or database and nodes
/// @param client processor time of this process and what it started to make the load
public record Measured(double seconds, long items, Duration server, Duration client) {
  private static final double NANOS = 1e9;
  private static final double MILLION = 1e6;

  public double itemsPerSecond() {
    return items / seconds;
  }

  /// Seconds of the server's processor time for a million items.
  public double serverSecondsPerMillion() {
    return perMillion(server);
  }

  /// Seconds of processor time for a million items that the load itself took.
  public double clientSecondsPerMillion() {
    return perMillion(client);
  }

  private double perMillion(Duration time) {
    return time.toNanos() / NANOS * MILLION / Math.max(1, items);
  }
}

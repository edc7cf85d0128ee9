package io.querator.node.service;

import java.time.Duration;

/// How long to wait before something is tried again.
record Backoff(Duration first, Duration max) {
  /// For a storage that is away.
  static final Backoff STORAGE = new Backoff(Duration.ofMillis(250), Duration.ofSeconds(5));

  /// For a partition that another process has taken: not to fight for it.
  static final Backoff TAKEN = new Backoff(Duration.ofSeconds(30), Duration.ofMinutes(10));

  /// @param failures in a row, 1 or more
  Duration after(int failures) {
    int doublings = Math.min(failures - 1, 20);
    Duration delay = first.multipliedBy(1L << doublings);
    return delay.compareTo(max) < 0 ? delay : max;
  }
}

package io.querator.node.service;

import java.time.Instant;
import java.time.InstantSource;

/// The time of this process: the wall clock as it was at the start, and what has passed since.
///
/// Never goes back and does not follow a wall clock that is set. Safe for use by many threads.
public final class SteadyClock implements InstantSource {
  private final Instant start;
  private final long startNanos;

  /// @param wallClock is asked once
  public SteadyClock(InstantSource wallClock) {
    start = wallClock.instant();
    startNanos = System.nanoTime();
  }

  @Override
  public Instant instant() {
    return start.plusNanos(System.nanoTime() - startNanos);
  }
}

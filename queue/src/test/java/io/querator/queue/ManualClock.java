package io.querator.queue;

import io.querator.storage.Micros;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// A clock that stands until it is moved, by one thread at a time.
final class ManualClock implements InstantSource {
  private volatile Instant now = Instant.parse("2026-01-01T00:00:00Z");

  @Override
  public Instant instant() {
    return now;
  }

  @SuppressWarnings("NonAtomicVolatileUpdate")
  void advance(Duration by) {
    now = now.plus(by);
  }

  long micros() {
    return Micros.of(now);
  }
}

package io.querator.node.api;

import io.querator.storage.Micros;
import java.time.Duration;
import java.time.InstantSource;

/// When calls must be done, in microseconds since 1970 by the service's clock.
record Deadlines(InstantSource clock) {
  /// For calls that cannot say how long they may take.
  private static final Duration DEFAULT = Duration.ofMinutes(5);

  long after(Duration timeout) {
    return Micros.of(clock.instant().plus(timeout));
  }

  long byDefault() {
    return after(DEFAULT);
  }
}

package io.querator.node.api;

import io.querator.storage.Micros;
import java.time.Duration;
import java.time.InstantSource;

/// When calls must be done, in microseconds since 1970 by the service's clock.
record Deadlines(InstantSource clock) {
  /// For calls that cannot say how long they may take.
  private static final Duration DEFAULT = Duration.ofMinutes(5);

  /// How long a change of a queue's definition waits for what it entails, which goes on after that.
  private static final Duration DEFINITION = Duration.ofSeconds(30);

  long after(Duration timeout) {
    return Micros.of(clock.instant().plus(timeout));
  }

  long byDefault() {
    return after(DEFAULT);
  }

  long ofDefinition() {
    return after(DEFINITION);
  }
}

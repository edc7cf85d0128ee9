package io.querator.client;

import java.time.Duration;

/// When the time of a call is over, by [System#nanoTime()].
record Deadline(long nanoTime) {
  static Deadline after(Duration timeout) {
    return new Deadline(System.nanoTime() + timeout.toNanos());
  }

  /// Zero or negative once it is over.
  Duration remaining() {
    return Duration.ofNanos(nanoTime - System.nanoTime());
  }
}

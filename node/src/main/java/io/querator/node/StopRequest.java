package io.querator.node;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Tells a start under way that it is not wanted any more. Safe for use by many threads.
final class StopRequest {
  private final CountDownLatch made = new CountDownLatch(1);

  void make() {
    made.countDown();
  }

  boolean isMade() {
    return made.getCount() == 0;
  }

  /// @throws StartException if it was made
  void check() {
    if (isMade()) {
      throw new StartException("asked to stop while starting", null);
    }
  }

  /// Waits for a time.
  ///
  /// @throws StartException if it is made meanwhile
  void await(Duration time) {
    try {
      made.await(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new StartException("interrupted while starting", e);
    }
    check();
  }
}

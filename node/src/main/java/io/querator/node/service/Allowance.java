package io.querator.node.service;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/// How many of something there may be, those in the making counted. Safe for use by many threads.
final class Allowance {
  private final int max;
  private final IntSupplier there;
  private final AtomicInteger inMaking = new AtomicInteger();

  /// @param there how many exist
  Allowance(int max, IntSupplier there) {
    this.max = max;
    this.there = there;
  }

  /// Begins to make `count` more.
  ///
  /// @return false if these are too many
  boolean begin(int count) {
    if (inMaking.addAndGet(count) + (long) there.getAsInt() <= max || count == 0) {
      return true;
    }
    inMaking.addAndGet(-count);
    return false;
  }

  /// They exist now, or will not.
  void end(int count) {
    inMaking.addAndGet(-count);
  }
}

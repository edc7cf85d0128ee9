package io.querator.node;

import org.jspecify.annotations.Nullable;

/// Closes one thing after the other, whatever fails on the way. Owned by one thread.
final class Closing {
  private @Nullable RuntimeException failure;

  /// Does one step.
  void step(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      if (failure == null) {
        failure = e;
      } else {
        failure.addSuppressed(e);
      }
    }
  }

  /// Ends.
  ///
  /// @throws RuntimeException the first thing that failed
  void end() {
    if (failure != null) {
      throw failure;
    }
  }
}

package io.querator.node.bench;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// When the calls of one connection are due. Used by one thread.
///
/// Where calls have a rate, a call that cannot be made when it is due is late, and its time counts
/// from then on: else a node that answers nobody for a second would be asked less, and look better
/// than it is (coordinated omission; Tene, *How NOT to Measure Latency*).
final class Pace {
  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

  private final double intervalNanos;
  private final long startNanos;
  private long calls;

  /// @param callsPerSecond 0: whenever it can be made
  /// @param offset the first is due after this part of an interval, 0 to 1
  Pace(double callsPerSecond, double offset, long nowNanos) {
    intervalNanos = callsPerSecond == 0 ? 0 : NANOS_PER_SECOND / callsPerSecond;
    startNanos = nowNanos + Math.round(offset * intervalNanos);
  }

  /// When the next call is due, by [System#nanoTime()].
  long due(long nowNanos) {
    return intervalNanos == 0 ? nowNanos : startNanos + Math.round(calls++ * intervalNanos);
  }

  /// Waits until the next call is due.
  ///
  /// @return when that was
  long await() {
    long due = due(System.nanoTime());
    for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
      LockSupport.parkNanos(wait);
    }
    return due;
  }
}

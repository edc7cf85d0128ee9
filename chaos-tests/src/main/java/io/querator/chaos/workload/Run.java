package io.querator.chaos.workload;

import com.google.protobuf.Timestamp;
import io.querator.chaos.history.History;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/// What all clients of a run share.
///
/// @param clock nanoseconds since the run began
/// @param startedAt when that was, by the wall clock
/// @param end open when no more calls are to begin
record Run(
    Caller caller, History history, LongSupplier clock, Instant startedAt, CountDownLatch end) {
  private static final long NANOS_PER_MILLI = 1_000_000;

  /// Waits, unless the run ends.
  void pause(long millis) throws InterruptedException {
    boolean _ = end.await(millis, TimeUnit.MILLISECONDS);
  }

  boolean goesOn() {
    return end.getCount() > 0;
  }

  /// Nanoseconds since the run began, so many milliseconds from now.
  long in(long millis) {
    return clock.getAsLong() + millis * NANOS_PER_MILLI;
  }

  /// A moment of the run by the wall clock.
  Timestamp wall(long nanos) {
    Instant instant = startedAt.plusNanos(nanos);
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}

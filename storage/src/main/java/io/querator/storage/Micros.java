package io.querator.storage;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/// Time as a `long`: microseconds since 1970-01-01T00:00Z, the precision that every database keeps.
public final class Micros {
  private static final long PER_SECOND = 1_000_000;

  private Micros() {}

  /// `instant`, rounded down.
  ///
  /// @throws ArithmeticException if it is more than 292,000 years away
  public static long of(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), PER_SECOND), instant.getNano() / 1_000);
  }

  /// `duration`, rounded down.
  ///
  /// @throws ArithmeticException if it is longer than 292,000 years
  public static long of(Duration duration) {
    return of(Instant.EPOCH.plus(duration));
  }

  public static Duration duration(long micros) {
    return Duration.of(micros, ChronoUnit.MICROS);
  }

  public static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, PER_SECOND), Math.floorMod(micros, PER_SECOND) * 1_000);
  }
}

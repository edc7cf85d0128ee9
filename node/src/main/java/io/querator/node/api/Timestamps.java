package io.querator.node.api;

import com.google.protobuf.Timestamp;
import io.querator.node.http.ReplyException;
import io.querator.storage.Micros;
import java.time.Instant;

/// Times between messages and the engine, which counts microseconds since 1970.
final class Timestamps {
  /// 0001-01-01T00:00:00Z, which stands for *none*.
  static final Timestamp ZERO = Timestamp.newBuilder().setSeconds(-62_135_596_800L).build();

  private static final long SECONDS_MAX = 253_402_300_799L;
  private static final int NANOS_MAX = 999_999_999;
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final int NANOS_PER_MICRO = 1_000;
  private static final long MICROS_MIN = ZERO.getSeconds() * MICROS_PER_SECOND;
  private static final long MICROS_MAX = (SECONDS_MAX + 1) * MICROS_PER_SECOND - 1;

  private Timestamps() {}

  /// Rounded down.
  ///
  /// @param field as it is called in the message
  /// @throws ReplyException if it is not within the years 1 to 9999
  static long micros(String field, Timestamp timestamp) {
    long seconds = timestamp.getSeconds();
    int nanos = timestamp.getNanos();
    if (seconds < ZERO.getSeconds() || seconds > SECONDS_MAX || nanos < 0 || nanos > NANOS_MAX) {
      throw Refusals.invalid(field + " is invalid; not within the years 1 to 9999");
    }
    return seconds * MICROS_PER_SECOND + nanos / NANOS_PER_MICRO;
  }

  /// Rounded up, so that nothing is said to be earlier than it.
  static long microsUp(Instant instant) {
    return Micros.of(instant.plusNanos(NANOS_PER_MICRO - 1));
  }

  /// As far as it is within the years 1 to 9999, else the nearest that is: an item scheduled for
  /// the end of 9999 expires after it.
  static Timestamp of(long micros) {
    long written = Math.clamp(micros, MICROS_MIN, MICROS_MAX);
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(written, MICROS_PER_SECOND))
        .setNanos((int) Math.floorMod(written, MICROS_PER_SECOND) * NANOS_PER_MICRO)
        .build();
  }

  static Timestamp of(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }
}

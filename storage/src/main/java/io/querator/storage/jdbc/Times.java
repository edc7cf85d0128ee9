package io.querator.storage.jdbc;

import io.querator.storage.ItemHead;
import io.querator.storage.Micros;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/// Times on their way to and from `timestamptz`: microseconds since 1970 here, since 2000 there,
/// exact, and independent of every time zone.
final class Times {
  /// Microseconds from 1970-01-01T00:00Z to 2000-01-01T00:00Z.
  private static final long OFFSET = 946_684_800_000_000L;

  private static final long INFINITY = Long.MAX_VALUE;

  private Times() {}

  /// `micros` in PostgreSQL's binary form; [ItemHead#NEVER] is infinity.
  static long binary(long micros) {
    return micros == ItemHead.NEVER ? INFINITY : micros - OFFSET;
  }

  /// As a parameter; the least value is -infinity.
  static OffsetDateTime parameter(long micros) {
    if (micros == Long.MAX_VALUE) {
      return OffsetDateTime.MAX;
    }
    return micros == Long.MIN_VALUE ? OffsetDateTime.MIN : parameter(Micros.instant(micros));
  }

  static OffsetDateTime parameter(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  /// The value of a column that was selected through `timestamptz_send`.
  static long micros(ResultSet row, int column) throws SQLException {
    long value = ByteBuffer.wrap(row.getBytes(column)).getLong();
    return value == INFINITY ? ItemHead.NEVER : value + OFFSET;
  }

  /// The same where NULL stands for [ItemHead#READY].
  static long dueMicros(ResultSet row, int column) throws SQLException {
    byte[] value = row.getBytes(column);
    if (value == null) {
      return ItemHead.READY;
    }
    return micros(row, column);
  }

  static Instant instant(ResultSet row, int column) throws SQLException {
    return Micros.instant(micros(row, column));
  }
}

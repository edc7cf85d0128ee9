package io.querator.storage.mysql;

import io.querator.storage.Micros;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/// The server's clock.
final class Clock {
  /// Microseconds since 1970-01-01T00:00Z, whatever the session's time zone is.
  static final String NOW = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";

  private Clock() {}

  static Instant now(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + NOW)) {
      row.next();
      return Micros.instant(row.getLong(1));
    }
  }
}

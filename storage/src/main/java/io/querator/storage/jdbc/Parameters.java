package io.querator.storage.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;

/// The parameters of a statement, in their order.
final class Parameters {
  private final PreparedStatement statement;
  private int last;

  Parameters(PreparedStatement statement) {
    this.statement = statement;
  }

  Parameters add(long value) throws SQLException {
    statement.setLong(++last, value);
    return this;
  }

  Parameters add(int value) throws SQLException {
    statement.setInt(++last, value);
    return this;
  }

  Parameters add(String value) throws SQLException {
    statement.setString(++last, value);
    return this;
  }

  Parameters add(UUID value) throws SQLException {
    statement.setObject(++last, value);
    return this;
  }

  Parameters add(ArrayParameter value) throws SQLException {
    statement.setObject(++last, value);
    return this;
  }

  /// A time in microseconds since 1970-01-01T00:00Z.
  Parameters addTime(long micros) throws SQLException {
    statement.setObject(++last, Times.parameter(micros));
    return this;
  }
}

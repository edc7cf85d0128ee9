package io.querator.storage.mysql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The text of a statement, or of several, as it is put together: numbers go into it, texts and
/// bytes become parameters, which the driver escapes. For one thread.
final class SqlText {
  private static final HexFormat HEX = HexFormat.of();

  /// What the driver puts around bytes, and a little.
  private static final int QUOTING_BYTES = 16;

  private final StringBuilder sql = new StringBuilder(1_024);
  private final List<Object> parameters = new ArrayList<>();
  private long mostBytes;

  /// @param text of SQL, without `?` and with ASCII characters only
  SqlText add(String text) {
    sql.append(text);
    return this;
  }

  SqlText add(long value) {
    sql.append(value);
    return this;
  }

  /// `value`, and a comma.
  SqlText list(long value) {
    sql.append(value).append(',');
    return this;
  }

  SqlText list(@Nullable Long value) {
    sql.append(value == null ? "NULL" : value.toString()).append(',');
    return this;
  }

  /// Ends a list: takes its last comma away.
  SqlText endList(String text) {
    sql.setLength(sql.length() - 1);
    sql.append(text);
    return this;
  }

  /// Numbers in parentheses, parted by commas; one at least.
  SqlText in(long[] values) {
    sql.append('(');
    for (long value : values) {
      list(value);
    }
    return endList(")");
  }

  /// 16 bytes.
  SqlText add(long high, long low) {
    sql.append("X'").append(HEX.toHexDigits(high)).append(HEX.toHexDigits(low)).append('\'');
    return this;
  }

  SqlText add(UUID value) {
    return add(value.getMostSignificantBits(), value.getLeastSignificantBits());
  }

  SqlText text(String value) {
    mostBytes += QUOTING_BYTES + 3L * value.length();
    return parameter(value);
  }

  SqlText bytes(byte[] value) {
    mostBytes += QUOTING_BYTES + 2L * value.length;
    return parameter(value);
  }

  /// The bytes, or NULL.
  SqlText nullableBytes(byte @Nullable [] value) {
    return value == null ? add("NULL") : bytes(value);
  }

  private SqlText parameter(Object value) {
    sql.append('?');
    parameters.add(value);
    return this;
  }

  /// Whether this takes at most `bytes` bytes on its way to the server.
  boolean fits(long bytes) {
    return sql.length() + mostBytes <= bytes || sql.length() + exactBytes() <= bytes;
  }

  /// As the driver escapes: `'`, `"`, `\` and NUL take two bytes.
  private long exactBytes() {
    long total = 0;
    for (Object parameter : parameters) {
      total += QUOTING_BYTES;
      if (parameter instanceof byte[] bytes) {
        total += bytes.length;
        for (byte each : bytes) {
          total += each == '\'' || each == '"' || each == '\\' || each == 0 ? 1 : 0;
        }
      } else {
        total += 3L * ((String) parameter).length();
      }
    }
    return total;
  }

  PreparedStatement prepare(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql.toString());
    try {
      int index = 0;
      for (Object parameter : parameters) {
        index++;
        if (parameter instanceof byte[] bytes) {
          statement.setBytes(index, bytes);
        } else {
          statement.setString(index, (String) parameter);
        }
      }
      return statement;
    } catch (SQLException e) {
      statement.close();
      throw e;
    }
  }

  @Override
  public String toString() {
    return sql.toString();
  }
}

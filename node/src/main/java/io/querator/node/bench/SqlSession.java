package io.querator.node.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

/// A session in which a database is asked, and how to have further ones.
record SqlSession(String jdbcUrl, Properties properties, Connection connection)
    implements AutoCloseable {
  /// @throws BenchException if the database cannot be reached
  static SqlSession open(String jdbcUrl, Properties properties) {
    try {
      return new SqlSession(jdbcUrl, properties, DriverManager.getConnection(jdbcUrl, properties));
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  static BenchException unreadable(SQLException cause) {
    return new BenchException(
        "cannot read the figures of the database: " + cause.getMessage(), cause);
  }

  /// @param column of the first row, from 1
  String text(String sql, int column) {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(column);
    } catch (SQLException e) {
      throw unreadable(e);
    }
  }

  /// Of the first row and column.
  String text(String sql) {
    return text(sql, 1);
  }

  long number(String sql) {
    return Long.parseLong(text(sql));
  }

  /// A further session that holds a snapshot until it is closed.
  ///
  /// @param statements that take it
  Connection holdSnapshot(String... statements) {
    try {
      Connection session = DriverManager.getConnection(jdbcUrl, properties);
      try (Statement statement = session.createStatement()) {
        for (String sql : statements) {
          statement.execute(sql);
        }
      }
      return session;
    } catch (SQLException e) {
      throw new BenchException("cannot hold a snapshot of the database: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      throw new BenchException("cannot close the connection to the database", e);
    }
  }
}

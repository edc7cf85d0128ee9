package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.Driver;

/// What we ask of a running server as its superuser.
record Administration(int port, String password) {
  private static final String MAINTENANCE_DATABASE = "postgres";
  private static final String DUPLICATE_DATABASE = "42P04";

  private static final String CANNOT_CONNECT_NOW = "57P03";

  /// Whether the server is there, but does not accept connections yet.
  static boolean isStarting(SQLException refusal) {
    return CANNOT_CONNECT_NOW.equals(refusal.getSQLState());
  }

  static String jdbcUrl(int port, String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + checkedName(database);
  }

  /// The process id of the server, as the server itself knows it.
  ///
  /// @throws SQLException if it cannot be reached, or is not ours (another password)
  long serverPid() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::bigint")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /// Makes a database unless it exists.
  void createDatabase(String name) {
    checkedName(name);
    try (Connection connection = connect()) {
      if (!exists(connection, name)) {
        try (Statement statement = connection.createStatement()) {
          statement.execute("CREATE DATABASE " + name);
        }
      }
    } catch (SQLException e) {
      if (!DUPLICATE_DATABASE.equals(e.getSQLState())) {
        throw new StorageException.Unavailable(
            "cannot create database " + name + ": " + e.getMessage(), e);
      }
    }
  }

  private static boolean exists(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SELECT 1 FROM pg_database WHERE datname = ?")) {
      statement.setString(1, name);
      try (ResultSet rows = statement.executeQuery()) {
        return rows.next();
      }
    }
  }

  private Connection connect() throws SQLException {
    var properties = new Properties();
    properties.setProperty("user", EmbeddedPostgres.USER);
    properties.setProperty("password", password);
    properties.setProperty("ApplicationName", "querator-administration");
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", "60");
    return new Driver().connect(jdbcUrl(port, MAINTENANCE_DATABASE), properties);
  }

  private static String checkedName(String name) {
    if (!name.matches("[a-z_][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException("database name must match [a-z_][a-z0-9_]{0,62}: " + name);
    }
    return name;
  }
}

package io.querator.storage.jdbc;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks whether the server and the session are what the storage relies on, and says what to
/// change.
final class ServerCheck {
  private static final Logger log = LoggerFactory.getLogger(ServerCheck.class);

  private static final int OLDEST_VERSION = 140_000;

  private static final List<String> SETTINGS =
      List.of(
          "server_version_num",
          "server_version",
          "server_encoding",
          "fsync",
          "full_page_writes",
          "synchronous_commit",
          "default_transaction_read_only",
          "max_connections");

  private final PostgresSettings settings;

  ServerCheck(PostgresSettings settings) {
    this.settings = settings;
  }

  /// @throws StorageException.Corrupt if a person must change something
  /// @throws StorageException.Unavailable if the server is a standby, which may become the primary
  void check(Connection connection) throws SQLException {
    Map<String, String> server = settings(connection, SETTINGS);
    require(
        Integer.parseInt(value(server, "server_version_num")) >= OLDEST_VERSION,
        "PostgreSQL 14 or newer is needed, this is " + value(server, "server_version"));
    require(
        value(server, "server_encoding").equals("UTF8"),
        "the database has encoding "
            + value(server, "server_encoding")
            + "; create one with ENCODING 'UTF8' TEMPLATE template0");
    require(
        value(server, "fsync").equals("on"),
        "fsync is off, so a crash of the machine loses acknowledged items; set fsync = on in postgresql.conf");
    require(
        !value(server, "synchronous_commit").equals("off"),
        "synchronous_commit is off, so a crash loses acknowledged items; run ALTER ROLE CURRENT_USER SET"
            + " synchronous_commit = on");
    require(
        value(server, "default_transaction_read_only").equals("off"),
        "default_transaction_read_only is on; run ALTER ROLE CURRENT_USER SET default_transaction_read_only = off");
    if (isStandby(connection)) {
      throw new StorageException.Unavailable(
          "the server is a standby in recovery; the url must lead to the primary", null);
    }
    if (!value(server, "full_page_writes").equals("on")) {
      log.warn("full_page_writes is off: safe only where the file system never writes half a page");
    }
    checkSession(connection);
  }

  /// Start-up options set these, unless a pooler is between.
  private void checkSession(Connection connection) throws SQLException {
    Map<String, String> required = Session.required();
    Map<String, String> actual = settings(connection, List.copyOf(required.keySet()));
    List<String> wrong = new ArrayList<>();
    required.forEach((name, value) -> {
      if (!value.equals(actual.get(name))) {
        wrong.add("SET " + name + " = '" + value + "'");
      }
    });
    if (wrong.isEmpty()) {
      return;
    }
    String prefix = "; ALTER ROLE CURRENT_USER ";
    require(
        false,
        "session settings are not what they must be"
            + (settings.preparedStatements()
                ? " although they were asked for; a pooler may be between (see prepared-statements)"
                : "")
            + ". Run ALTER ROLE CURRENT_USER "
            + String.join(prefix, wrong)
            + " and let the pooler connect anew");
  }

  private void require(boolean met, String otherwise) {
    if (!met) {
      throw new StorageException.Corrupt("storage " + settings.name() + ": " + otherwise, null);
    }
  }

  private static String value(Map<String, String> settings, String name) {
    return settings.getOrDefault(name, "");
  }

  private static Map<String, String> settings(Connection connection, List<String> names)
      throws SQLException {
    String sql = "SELECT name, current_setting(name) FROM unnest(?::text[]) AS n (name)";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, names.toArray(String[]::new));
      Map<String, String> settings = new LinkedHashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          settings.put(row.getString(1), row.getString(2));
        }
      }
      return settings;
    }
  }

  private static boolean isStandby(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SELECT pg_is_in_recovery()");
        ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }
}

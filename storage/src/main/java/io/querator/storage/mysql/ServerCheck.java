package io.querator.storage.mysql;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks whether the server and the session are what the storage relies on, and says what to
/// change.
///
/// @param storage its name, for messages
record ServerCheck(String storage) {
  private static final Logger log = LoggerFactory.getLogger(ServerCheck.class);

  /// The least `max_allowed_packet`: a turn of 16 MiB, escaped, and a larger request alone.
  static final long PACKET_MIN = 64L << 20;

  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)");
  private static final int MYSQL_OLDEST = 8_000_017;
  private static final int MARIADB_OLDEST = 10_011_000;

  /// @return `max_allowed_packet` of the server, in bytes
  /// @throws StorageException.Corrupt if a person must change something
  /// @throws StorageException.Unavailable if the server is read-only, which may be a replica that
  ///   becomes the primary
  long check(Connection connection) throws SQLException {
    Map<String, String> server = variables(connection, "GLOBAL");
    problem(server).ifPresent(this::refuse);
    if (isOn(server, "read_only") || isOn(server, "innodb_read_only")) {
      throw new StorageException.Unavailable(
          "storage " + storage + ": the server is read-only; the url must lead to the primary",
          null);
    }
    sessionProblem(variables(connection, "SESSION")).ifPresent(this::refuse);
    if (server.getOrDefault("innodb_doublewrite", "ON").equals("OFF")) {
      log.warn(
          "innodb_doublewrite is OFF: safe only where the file system never writes half a page");
    }
    return Long.parseLong(server.getOrDefault("max_allowed_packet", "0"));
  }

  private void refuse(String problem) {
    throw new StorageException.Corrupt("storage " + storage + ": " + problem, null);
  }

  private static Map<String, String> variables(Connection connection, String scope)
      throws SQLException {
    Map<String, String> variables = new HashMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW " + scope + " VARIABLES")) {
      while (row.next()) {
        variables.put(row.getString(1), row.getString(2));
      }
    }
    return variables;
  }

  /// What a person must change at a server with these global variables.
  static Optional<String> problem(Map<String, String> server) {
    return topologyProblem(server)
        .or(() -> versionProblem(server))
        .or(() -> durabilityProblem(server))
        .or(() -> limitProblem(server));
  }

  /// Where a row lock holds on one node only there is no fence.
  private static Optional<String> topologyProblem(Map<String, String> server) {
    String version = value(server, "version") + " " + value(server, "version_comment");
    if (isOn(server, "wsrep_on")) {
      return Optional.of(
          "this is a Galera cluster (wsrep_on is ON), where row locks hold on one node only, so that nothing keeps an old owner from writing; use a server with asynchronous or semi-synchronous replicas, or single-primary Group Replication");
    }
    if (!value(server, "group_replication_group_name").isEmpty()
        && !isOn(server, "group_replication_single_primary_mode")) {
      return Optional.of(
          "this is Group Replication in multi-primary mode, where row locks hold on one node only, so that nothing keeps an old owner from writing; run SELECT group_replication_switch_to_single_primary_mode()");
    }
    for (String other : new String[] {"TiDB", "Vitess", "PlanetScale", "SingleStore"}) {
      if (version.toLowerCase(Locale.ROOT).contains(other.toLowerCase(Locale.ROOT))) {
        return Optional.of(
            "this is " + other + ", whose locks are not those of InnoDB; use MySQL or MariaDB");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> versionProblem(Map<String, String> server) {
    String version = value(server, "version");
    boolean mariadb = version.toLowerCase(Locale.ROOT).contains("mariadb");
    Matcher matcher = VERSION.matcher(version);
    int number =
        matcher.find()
            ? Integer.parseInt(matcher.group(1)) * 1_000_000
                + Integer.parseInt(matcher.group(2)) * 1_000
                + Integer.parseInt(matcher.group(3))
            : 0;
    if (number >= (mariadb ? MARIADB_OLDEST : MYSQL_OLDEST)) {
      return Optional.empty();
    }
    return Optional.of("MySQL 8.0.17, MariaDB 10.11 or newer is needed, this is " + version);
  }

  private static Optional<String> durabilityProblem(Map<String, String> server) {
    if (!value(server, "innodb_flush_log_at_trx_commit").equals("1")) {
      return Optional.of(
          "innodb_flush_log_at_trx_commit is "
              + value(server, "innodb_flush_log_at_trx_commit")
              + ", so a crash loses acknowledged items; set innodb_flush_log_at_trx_commit = 1 in the server's configuration");
    }
    if (!isOn(server, "log_bin")) {
      return Optional.empty();
    }
    if (value(server, "binlog_format").equals("STATEMENT")) {
      return Optional.of(
          "binlog_format is STATEMENT, with which READ COMMITTED cannot write; set binlog_format = ROW in the server's configuration");
    }
    if (!value(server, "sync_binlog").equals("1")) {
      return Optional.of(
          "sync_binlog is "
              + value(server, "sync_binlog")
              + " with the binary log on, so a crash of the machine loses acknowledged items; set sync_binlog = 1 in the server's configuration");
    }
    return Optional.empty();
  }

  private static Optional<String> limitProblem(Map<String, String> server) {
    long packet = Long.parseLong(server.getOrDefault("max_allowed_packet", "0"));
    return packet >= PACKET_MIN
        ? Optional.empty()
        : Optional.of(
            "max_allowed_packet is "
                + packet
                + " bytes, too few for a turn; set max_allowed_packet = 256M in the server's configuration (64M at least)");
  }

  /// What is wrong with a session: what was asked for did not come about.
  static Optional<String> sessionProblem(Map<String, String> session) {
    String isolation =
        session.getOrDefault("transaction_isolation", value(session, "tx_isolation"));
    if (!isolation.equals(Session.ISOLATION)) {
      return Optional.of(
          "the session's isolation is "
              + isolation
              + " although READ COMMITTED was asked for; a proxy may be between: connect to the server itself");
    }
    if (!value(session, "sql_mode").contains("STRICT_ALL_TABLES")) {
      return Optional.of(
          "the session's sql_mode is '"
              + value(session, "sql_mode")
              + "' although STRICT_ALL_TABLES was asked for; a proxy may be between: connect to the server itself");
    }
    return Optional.empty();
  }

  private static boolean isOn(Map<String, String> variables, String name) {
    String value = value(variables, name);
    return value.equals("ON") || value.equals("1");
  }

  private static String value(Map<String, String> variables, String name) {
    return variables.getOrDefault(name, "");
  }
}

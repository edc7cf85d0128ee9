package io.querator.node.bench;

import io.querator.node.process.ProcessTimes;
import io.querator.node.text.UsageException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// What PostgreSQL itself tells about its work, over a connection of its own.
final class Database implements AutoCloseable {
  private final String jdbcUrl;
  private final Properties properties;
  private final Connection connection;
  private final @Nullable Long postmaster;

  private Database(String jdbcUrl, Properties properties) throws SQLException {
    this.jdbcUrl = jdbcUrl;
    this.properties = properties;
    connection = DriverManager.getConnection(jdbcUrl, properties);
    postmaster = postmaster();
  }

  /// @param url as `postgres://user:password@host:port/name`, or for JDBC
  static Database open(String url) {
    return connect(jdbc(url), credentials(url));
  }

  static Database open(String jdbcUrl, String user, String password) {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    return connect(jdbcUrl, properties);
  }

  private static Database connect(String jdbcUrl, Properties properties) {
    properties.setProperty("ApplicationName", "querator bench");
    try {
      return new Database(jdbcUrl, properties);
    } catch (SQLException e) {
      throw new BenchException("cannot read the figures of the database: " + e.getMessage(), e);
    }
  }

  private static String jdbc(String url) {
    if (url.startsWith("jdbc:")) {
      return url;
    }
    URI uri = uri(url);
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String port = uri.getPort() < 0 ? "" : ":" + uri.getPort();
    return "jdbc:postgresql://" + uri.getHost() + port + uri.getRawPath() + query;
  }

  private static Properties credentials(String url) {
    Properties properties = new Properties();
    String given = url.startsWith("jdbc:") ? null : uri(url).getRawUserInfo();
    if (given != null) {
      String[] parts = given.split(":", 2);
      properties.setProperty("user", decode(parts[0]));
      if (parts.length == 2) {
        properties.setProperty("password", decode(parts[1]));
      }
    }
    return properties;
  }

  private static URI uri(String url) {
    try {
      URI uri = URI.create(url);
      if (uri.getHost() != null && url.startsWith("postgres")) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // its message repeats what may be a password
    }
    throw new UsageException(
        Option.DATABASE.flag() + " must be like postgres://user:password@host:5432/name");
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /// How safe a commit is, in a line.
  String durability() {
    return "PostgreSQL %s, fsync=%s, synchronous_commit=%s, full_page_writes=%s, wal_sync_method=%s"
        .formatted(
            text("SHOW server_version"),
            text("SHOW fsync"),
            text("SHOW synchronous_commit"),
            text("SHOW full_page_writes"),
            text("SHOW wal_sync_method"));
  }

  /// Bytes of write-ahead log since the cluster was made.
  long walBytes() {
    return Long.parseLong(text("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint::text"));
  }

  /// Rows that were updated or deleted since the statistics were reset. The sessions tell it once a
  /// second at most, so it is a second old.
  long deadRows() {
    return Long.parseLong(
        text(
            "SELECT (tup_updated + tup_deleted)::text FROM pg_stat_database"
                + " WHERE datname = current_database()"));
  }

  /// What it takes on its disk, without the write-ahead log.
  long bytes() {
    return Long.parseLong(text("SELECT pg_database_size(current_database())::text"));
  }

  /// Holds a snapshot until the session that is returned is closed: no row that dies meanwhile can
  /// be removed.
  Connection holdSnapshot() {
    try {
      Connection session = DriverManager.getConnection(jdbcUrl, properties);
      session.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      session.setAutoCommit(false);
      try (Statement statement = session.createStatement()) {
        statement.execute("SELECT count(*) FROM pg_class");
      }
      return session;
    } catch (SQLException e) {
      throw new BenchException("cannot hold a snapshot of the database: " + e.getMessage(), e);
    }
  }

  /// Processor time of all processes of the server.
  ///
  /// @return nothing if it does not run on this machine, or this is not Linux
  Optional<Duration> cpu() {
    return postmaster == null ? Optional.empty() : ProcessTimes.family(postmaster);
  }

  /// The first process of the server, if it is one of this machine: the process with the number of
  /// our session must carry our port in its title.
  private @Nullable Long postmaster() throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT pg_backend_pid(), coalesce(inet_client_port(), -1)")) {
      row.next();
      long session = row.getLong(1);
      String title = ProcessTimes.commandLine(session);
      return title.startsWith("postgres") && title.contains("(" + row.getInt(2) + ")")
          ? ProcessTimes.parent(session).orElse(null)
          : null;
    }
  }

  private String text(String sql) {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    } catch (SQLException e) {
      throw new BenchException("cannot read the figures of the database: " + e.getMessage(), e);
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

package io.querator.node.bench;

import io.querator.node.process.ProcessTimes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What PostgreSQL tells.
final class PostgresDatabase implements Database {
  private final SqlSession session;
  private final @Nullable Long postmaster;

  private PostgresDatabase(SqlSession session) {
    this.session = session;
    postmaster = postmaster(session);
  }

  /// @param url as `postgres://user:password@host:port/name`, or for JDBC
  static PostgresDatabase open(String url) {
    if (url.startsWith("jdbc:")) {
      return connect(url, new Properties());
    }
    DatabaseUri uri = DatabaseUri.parse(url);
    String query =
        uri.parameters().entrySet().stream()
            .map(Object::toString)
            .collect(Collectors.joining("&", "?", ""));
    return connect("jdbc:postgresql://" + uri.place() + query, uri.credentials());
  }

  static PostgresDatabase open(String jdbcUrl, String user, String password) {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", password);
    return connect(jdbcUrl, properties);
  }

  private static PostgresDatabase connect(String jdbcUrl, Properties properties) {
    properties.setProperty("ApplicationName", "querator bench");
    return new PostgresDatabase(SqlSession.open(jdbcUrl, properties));
  }

  @Override
  public String durability() {
    return "PostgreSQL %s, fsync=%s, synchronous_commit=%s, full_page_writes=%s, wal_sync_method=%s"
        .formatted(
            session.text("SHOW server_version"),
            session.text("SHOW fsync"),
            session.text("SHOW synchronous_commit"),
            session.text("SHOW full_page_writes"),
            session.text("SHOW wal_sync_method"));
  }

  /// Since the cluster was made.
  @Override
  public long walBytes() {
    return session.number("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint::text");
  }

  /// Since the statistics were reset. The sessions tell it once a second at most, so it is a second
  /// old.
  @Override
  public long deadRows() {
    return session.number(
        "SELECT (tup_updated + tup_deleted)::text FROM pg_stat_database"
            + " WHERE datname = current_database()");
  }

  @Override
  public long bytes() {
    return session.number("SELECT pg_database_size(current_database())::text");
  }

  @Override
  public Connection holdSnapshot() {
    return session.holdSnapshot(
        "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM pg_class");
  }

  @Override
  public Optional<Duration> cpu() {
    return postmaster == null ? Optional.empty() : ProcessTimes.family(postmaster);
  }

  /// The first process of the server, if it is one of this machine: the process with the number of
  /// our session must carry our port in its title.
  private static @Nullable Long postmaster(SqlSession session) {
    try (Statement statement = session.connection().createStatement();
        ResultSet row =
            statement.executeQuery("SELECT pg_backend_pid(), coalesce(inet_client_port(), -1)")) {
      row.next();
      long pid = row.getLong(1);
      String title = ProcessTimes.commandLine(pid);
      return title.startsWith("postgres") && title.contains("(" + row.getInt(2) + ")")
          ? ProcessTimes.parent(pid).orElse(null)
          : null;
    } catch (SQLException e) {
      throw SqlSession.unreadable(e);
    }
  }

  @Override
  public void close() {
    session.close();
  }
}

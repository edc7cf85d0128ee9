package io.querator.benchmarks.sides;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.querator.node.process.ProcessTimes;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Consumer;

/// The PostgreSQL server that all sides on a database share, with the settings of Querator's
/// embedded one: everything that makes commits durable is on. Safe for use by many threads.
public final class Server implements AutoCloseable {
  private final EmbeddedPostgres postgres;

  private Server(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  /// @param directory where its data go
  public static Server start(Path directory, Consumer<String> progress) {
    return new Server(EmbeddedPostgres.start(directory, progress));
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), user(), password());
  }

  /// A pool of `size` connections for libraries that want one.
  HikariDataSource pool(String name, int size) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(jdbcUrl());
    config.setUsername(user());
    config.setPassword(password());
    config.setMaximumPoolSize(size);
    return new HikariDataSource(config);
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /// What a query of one row and column answers.
  public long number(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  private String text(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /// Processor time of all its processes.
  public Duration cpu() {
    return ProcessTimes.family(postgres.pid()).orElse(Duration.ZERO);
  }

  /// Version and durability.
  public String settings() throws SQLException {
    return "PostgreSQL %s, fsync=%s, synchronous_commit=%s, full_page_writes=%s"
        .formatted(
            text("SHOW server_version"),
            text("SHOW fsync"),
            text("SHOW synchronous_commit"),
            text("SHOW full_page_writes"));
  }

  String jdbcUrl() {
    return postgres.jdbcUrl();
  }

  String user() {
    return postgres.user();
  }

  String password() {
    return postgres.password();
  }

  int port() {
    return postgres.port();
  }

  @Override
  public void close() {
    postgres.stop();
  }
}

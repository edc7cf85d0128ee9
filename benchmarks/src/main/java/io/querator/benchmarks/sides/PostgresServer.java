package io.querator.benchmarks.sides;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.querator.node.process.ProcessTimes;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Array;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Consumer;

/// PostgreSQL with the settings of Querator's embedded one.
public final class PostgresServer implements Server {
  private static final String SCHEMA = "bench_querator";

  private final EmbeddedPostgres postgres;

  private PostgresServer(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  /// @param directory where its data go
  public static PostgresServer start(Path directory, Consumer<String> progress) {
    return new PostgresServer(EmbeddedPostgres.start(directory, progress));
  }

  @Override
  public Connection connect() throws SQLException {
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

  @Override
  public Duration cpu() {
    return ProcessTimes.family(postgres.pid()).orElse(Duration.ZERO);
  }

  @Override
  public String settings() throws SQLException {
    return "PostgreSQL %s, fsync=%s, synchronous_commit=%s, full_page_writes=%s"
        .formatted(
            text("SHOW server_version"),
            text("SHOW fsync"),
            text("SHOW synchronous_commit"),
            text("SHOW full_page_writes"));
  }

  @Override
  public Map<String, String> storage() {
    return Map.of("url", jdbcUrl(), "user", user(), "password", password(), "schema", SCHEMA);
  }

  @Override
  public String url() {
    return "postgres://%s:%s@127.0.0.1:%d/%s"
        .formatted(
            user(),
            URLEncoder.encode(password(), StandardCharsets.UTF_8),
            port(),
            EmbeddedPostgres.DATABASE);
  }

  @Override
  public void createRows(String name) throws SQLException {
    execute(
        "DROP TABLE IF EXISTS " + name,
        "CREATE TABLE " + name + " (id bigint PRIMARY KEY, payload bytea NOT NULL)");
  }

  @Override
  public Rows rows(String name, int batch, byte[] payload) throws SQLException {
    return new ArrayRows(connect(), name, batch, payload);
  }

  /// Statements whose parameters are arrays, prepared once for any number of rows.
  private static final class ArrayRows implements Rows {
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement delete;
    private final byte[][] payloads;

    ArrayRows(Connection connection, String name, int batch, byte[] payload) throws SQLException {
      this.connection = connection;
      insert =
          connection.prepareStatement(
              "INSERT INTO " + name + " SELECT * FROM unnest(?::bigint[], ?::bytea[])");
      delete = connection.prepareStatement("DELETE FROM " + name + " WHERE id = ANY (?)");
      payloads = new byte[batch][];
      Arrays.fill(payloads, payload);
    }

    private Array numbers(long first) throws SQLException {
      Object[] numbers = new Object[payloads.length];
      Arrays.setAll(numbers, i -> first + i);
      return connection.createArrayOf("bigint", numbers);
    }

    @Override
    public void insert(long first) throws SQLException {
      insert.setArray(1, numbers(first));
      insert.setArray(2, connection.createArrayOf("bytea", payloads));
      insert.executeUpdate();
    }

    @Override
    public int delete(long first) throws SQLException {
      delete.setArray(1, numbers(first));
      return delete.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
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

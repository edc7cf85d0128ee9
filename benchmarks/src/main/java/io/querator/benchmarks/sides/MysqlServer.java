package io.querator.benchmarks.sides;

import io.querator.node.process.ProcessTimes;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysqlServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.opentest4j.TestAbortedException;

/// A MySQL or MariaDB server as the storage's tests start it, durable and with a binary log; its
/// pool of pages and its redo log are of the sizes that Querator's guide names.
public final class MysqlServer implements Server {
  private static final String QUERATOR = "bench_querator";

  private final TestMysqlServer server;
  private final TestMysql.Database database;

  private MysqlServer(TestMysqlServer server) {
    this.server = server;
    database = server.createDatabase();
  }

  /// @throws UnavailableException if this machine cannot run it
  public static MysqlServer start(TestMysql.Kind kind) throws UnavailableException {
    String redo =
        kind == TestMysql.Kind.MYSQL
            ? "--innodb-redo-log-capacity=1G"
            : "--innodb-log-file-size=1G";
    try {
      return new MysqlServer(TestMysql.ownServer(kind, "--innodb-buffer-pool-size=1G", redo));
    } catch (TestAbortedException e) {
      throw new UnavailableException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public Connection connect() throws SQLException {
    return database.connect();
  }

  @Override
  public Duration cpu() {
    return ProcessTimes.family(server.pid()).orElse(Duration.ZERO);
  }

  @Override
  public String settings() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog, @@binlog_format,"
                    + " @@innodb_doublewrite, @@innodb_buffer_pool_size DIV 1048576")) {
      row.next();
      return "%s, innodb_flush_log_at_trx_commit=%s, log_bin=%s, sync_binlog=%s, binlog_format=%s, innodb_doublewrite=%s, innodb_buffer_pool_size=%sM"
          .formatted(
              server.version(),
              row.getString(1),
              row.getString(2),
              row.getString(3),
              row.getString(4),
              row.getString(5),
              row.getString(6));
    }
  }

  /// In a database of its own, which the node makes.
  @Override
  public Map<String, String> storage() {
    return Map.of(
        "url", database.named(QUERATOR).url(),
        "user", database.user(),
        "password", database.password());
  }

  @Override
  public String url() {
    String password = URLEncoder.encode(database.password(), StandardCharsets.UTF_8);
    return database.kind().scheme() + database.user() + ":" + password + "@" + database.place();
  }

  @Override
  public void createRows(String name) throws SQLException {
    execute(
        "DROP TABLE IF EXISTS " + name,
        "CREATE TABLE "
            + name
            + " (id BIGINT PRIMARY KEY, payload LONGBLOB NOT NULL) ENGINE=InnoDB");
  }

  @Override
  public Rows rows(String name, int batch, byte[] payload) throws SQLException {
    return new ManyValues(connect(), name, batch, payload);
  }

  /// One INSERT with many rows, and one DELETE by their numbers. Without ORDER BY and LIMIT a list
  /// of numbers that is as long as a part of the table has all of it read, and locked.
  private static final class ManyValues implements Rows {
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement delete;
    private final int batch;
    private final byte[] payload;

    ManyValues(Connection connection, String name, int batch, byte[] payload) throws SQLException {
      this.connection = connection;
      this.batch = batch;
      this.payload = payload;
      connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      insert =
          connection.prepareStatement(
              "INSERT INTO " + name + " (id, payload) VALUES " + list("(?, ?)", batch));
      delete =
          connection.prepareStatement(
              "DELETE FROM %s WHERE id IN (%s) ORDER BY id LIMIT %d"
                  .formatted(name, list("?", batch), batch));
    }

    private static String list(String each, int count) {
      return String.join(", ", Collections.nCopies(count, each));
    }

    @Override
    public void insert(long first) throws SQLException {
      for (int i = 0; i < batch; i++) {
        insert.setLong(2 * i + 1, first + i);
        insert.setBytes(2 * i + 2, payload);
      }
      insert.executeUpdate();
    }

    @Override
    public int delete(long first) throws SQLException {
      for (int i = 0; i < batch; i++) {
        delete.setLong(i + 1, first + i);
      }
      return delete.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  @Override
  public void close() {
    server.close();
  }
}

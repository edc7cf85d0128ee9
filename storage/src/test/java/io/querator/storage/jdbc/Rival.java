package io.querator.storage.jdbc;

import static org.awaitility.Awaitility.await;

import io.querator.storage.TestPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.postgresql.PGConnection;

/// A session of somebody else, which holds locks that the storage wants.
final class Rival implements AutoCloseable {
  private final TestPostgres.Database database;
  private final Connection connection;

  Rival(TestPostgres.Database database) throws SQLException {
    this.database = database;
    this.connection = database.connect();
    connection.setAutoCommit(false);
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  void commit() throws SQLException {
    connection.commit();
  }

  void rollback() throws SQLException {
    connection.rollback();
  }

  /// Waits until a session of the storage waits for a lock that this one holds.
  void awaitBlocked() throws SQLException {
    int pid = connection.unwrap(PGConnection.class).getBackendPID();
    try (Connection observer = database.connect();
        PreparedStatement statement =
            observer.prepareStatement(
                "SELECT count(*) FROM pg_stat_activity a WHERE ? = ANY (pg_blocking_pids(a.pid))")) {
      statement.setInt(1, pid);
      await()
          .pollInterval(Duration.ofMillis(5))
          .until(() -> {
            try (ResultSet row = statement.executeQuery()) {
              return row.next() && row.getInt(1) > 0;
            }
          });
    }
  }

  /// Whether the server has ended this session.
  boolean isEnded() throws SQLException {
    return !connection.isValid(5);
  }

  @Override
  public void close() throws SQLException {
    if (!isEnded()) {
      connection.rollback();
    }
    connection.close();
  }
}

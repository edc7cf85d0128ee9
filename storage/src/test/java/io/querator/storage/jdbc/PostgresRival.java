package io.querator.storage.jdbc;

import static org.awaitility.Awaitility.await;

import io.querator.storage.PartitionKey;
import io.querator.storage.Rival;
import io.querator.storage.TestPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.postgresql.PGConnection;

/// A session with PostgreSQL.
final class PostgresRival implements Rival {
  private final TestPostgres.Database database;
  private final Connection connection;

  PostgresRival(TestPostgres.Database database) throws SQLException {
    this.database = database;
    this.connection = database.connect();
    connection.setAutoCommit(false);
  }

  @Override
  public void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void raise(PartitionKey key) throws SQLException {
    execute(
        "UPDATE querator.fence SET epoch = epoch + 1, generation = 1, version = 2 WHERE partition = "
            + key.bits());
  }

  @Override
  public void disown(PartitionKey key) throws SQLException {
    execute(
        "UPDATE querator.fence SET incarnation = gen_random_uuid() WHERE partition = "
            + key.bits());
  }

  @Override
  public void lockItems(PartitionKey key) throws SQLException {
    execute("SELECT 1 FROM querator.q_" + key + " FOR UPDATE");
  }

  @Override
  public void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void rollback() throws SQLException {
    connection.rollback();
  }

  @Override
  public void awaitBlocked() throws SQLException {
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

  @Override
  public boolean isEnded() throws SQLException {
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

package io.querator.storage.mysql;

import static org.awaitility.Awaitility.await;

import io.querator.storage.PartitionKey;
import io.querator.storage.Rival;
import io.querator.storage.TestMysql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/// A session with MySQL or MariaDB. It is the only one that others wait for in its database.
final class MysqlRival implements Rival {
  private final TestMysql.Database database;
  private final Connection connection;

  MysqlRival(TestMysql.Database database) throws SQLException {
    this.database = database;
    this.connection = database.connect();
    connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
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
        "UPDATE fence SET epoch = epoch + 1, generation = 1, version = 2 WHERE partition_key = "
            + key.bits());
  }

  @Override
  public void disown(PartitionKey key) throws SQLException {
    execute("UPDATE fence SET incarnation = RANDOM_BYTES(16) WHERE partition_key = " + key.bits());
  }

  @Override
  public void lockItems(PartitionKey key) throws SQLException {
    execute("SELECT 1 FROM q_" + key + " FOR UPDATE");
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
    LockWaits waits = LockWaits.of(database);
    long begun = System.nanoTime();
    try (Connection observer = database.connect();
        Statement statement = observer.createStatement()) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> waits.since(begun, statement, database.name()));
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

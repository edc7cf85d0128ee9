package io.querator.storage.mysql;

import io.querator.storage.PartitionKey;
import io.querator.storage.sql.Fence;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/// Makes and drops the table of a partition.
final class ItemTable {
  private static final int CHUNK = 50_000;

  /// The latest moment that the servers can show.
  private static final long YEAR_9999_END = 253_402_300_799_999_999L;

  private final Tables tables;

  ItemTable(Tables tables) {
    this.tables = tables;
  }

  /// Creates the table, then its fence row: without that nobody opens the partition. `created` and
  /// `due` are for people, and cost nothing.
  boolean create(Connection connection, PartitionKey key) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          """
          CREATE TABLE IF NOT EXISTS %1$s (
            position BIGINT NOT NULL PRIMARY KEY,
            placed_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            expire_at BIGINT NOT NULL,
            due_at BIGINT,
            attempts INT NOT NULL,
            max_attempts INT NOT NULL,
            source_id MEDIUMTEXT NOT NULL,
            kind MEDIUMTEXT NOT NULL,
            reference MEDIUMTEXT NOT NULL,
            encoding MEDIUMTEXT NOT NULL,
            payload LONGBLOB NOT NULL,
            extra LONGBLOB,
            bytes BIGINT NOT NULL COMMENT 'of all content',
            created DATETIME(6) AS (%2$s) VIRTUAL COMMENT 'created_at in UTC',
            due DATETIME(6) AS (%3$s) VIRTUAL COMMENT 'due_at in UTC'
          )%4$s
          """
              .formatted(
                  tables.items(key), time("created_at"), time("due_at"), MysqlSchema.OPTIONS));
      return statement.execute(
          "INSERT INTO %s (partition_key, name, format, created_at) VALUES (%d, '%s', %d, %s) ON DUPLICATE KEY UPDATE name = name"
              .formatted(tables.fence(), key.bits(), key, Fence.FORMAT, Clock.NOW));
    }
  }

  private static String time(String micros) {
    return "IF(%1$s BETWEEN 0 AND %2$d, TIMESTAMPADD(MICROSECOND, %1$s, TIMESTAMP'1970-01-01 00:00:00'), NULL)"
        .formatted(micros, YEAR_9999_END);
  }

  boolean dropSome(Connection connection, PartitionKey key) throws SQLException {
    return deleteSome(connection, tables.key(), key)
        || deleteSome(connection, tables.lease(), key)
        || deleteSome(connection, tables.due(), key)
        || deleteSome(connection, tables.lowWater(), key);
  }

  private static boolean deleteSome(Connection connection, String table, PartitionKey key)
      throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.executeUpdate(
              "DELETE FROM %s WHERE partition_key = %d LIMIT %d"
                  .formatted(table, key.bits(), CHUNK))
          == CHUNK;
    }
  }

  boolean drop(Connection connection, PartitionKey key) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS " + tables.items(key));
      return statement.execute(
          "DELETE FROM %s WHERE partition_key = %d".formatted(tables.fence(), key.bits()));
    }
  }
}

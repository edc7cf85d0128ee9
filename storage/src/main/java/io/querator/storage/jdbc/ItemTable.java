package io.querator.storage.jdbc;

import io.querator.storage.PartitionKey;
import io.querator.storage.sql.Fence;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/// Makes and drops the table of a partition.
final class ItemTable {
  private static final int CHUNK = 50_000;

  private final Tables tables;

  ItemTable(Tables tables) {
    this.tables = tables;
  }

  /// Creates the table and its fence row, in one transaction. IF NOT EXISTS is not safe when two do
  /// it at once, hence the lock.
  ///
  /// Rows come at the end and go at the beginning, so pages are filled up, and freed by vacuum
  /// early. Payloads are kept as they are: compressing one costs more than all else that is done
  /// with it.
  boolean create(Connection connection, PartitionKey key) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.execute(
          """
          SELECT pg_advisory_xact_lock(hashtextextended('%1$s', 0));
          CREATE TABLE IF NOT EXISTS %1$s (
            position bigint PRIMARY KEY,
            placed_at timestamptz NOT NULL,
            created_at timestamptz NOT NULL,
            expire_at timestamptz NOT NULL,
            due_at timestamptz,
            attempts integer NOT NULL,
            max_attempts integer NOT NULL,
            source_id text NOT NULL,
            kind text NOT NULL,
            reference text NOT NULL,
            encoding text NOT NULL,
            payload bytea NOT NULL,
            extra bytea
          ) WITH (
            fillfactor = 100,
            toast_tuple_target = 4080,
            autovacuum_vacuum_threshold = 10000,
            autovacuum_vacuum_scale_factor = 0.05,
            autovacuum_analyze_threshold = 50000,
            autovacuum_analyze_scale_factor = 0.5,
            toast.autovacuum_vacuum_threshold = 10000,
            toast.autovacuum_vacuum_scale_factor = 0.05
          );
          ALTER TABLE %1$s ALTER COLUMN payload SET STORAGE EXTERNAL;
          CREATE INDEX IF NOT EXISTS %2$s_due ON %1$s (due_at, position) WHERE due_at IS NOT NULL;
          INSERT INTO %3$s (partition, name, format) VALUES (%4$d, '%5$s', %6$d) ON CONFLICT DO NOTHING
          """
              .formatted(
                  tables.items(key),
                  Tables.itemsName(key),
                  tables.fence(),
                  key.bits(),
                  key,
                  Fence.FORMAT));
    }
  }

  /// Removes some leases, keys and marks, so that the last step is short.
  ///
  /// @return whether there may be more
  boolean dropSome(Connection connection, PartitionKey key) throws SQLException {
    return deleteSome(connection, tables.key(), key)
        || deleteSome(connection, tables.lease(), key)
        || deleteSome(connection, tables.lowWater(), key);
  }

  private static boolean deleteSome(Connection connection, String table, PartitionKey key)
      throws SQLException {
    String sql =
        "DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE partition = ? LIMIT ?))"
            .formatted(table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(key.bits()).add(CHUNK);
      return statement.executeUpdate() == CHUNK;
    }
  }

  /// Removes all that there is of the partition, in one transaction. Whoever reads the table for
  /// long makes this fail, and may go on.
  boolean drop(Connection connection, PartitionKey key) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      return statement.execute(
          """
          SELECT set_config('lock_timeout', '2s', true);
          DROP TABLE IF EXISTS %2$s;
          DELETE FROM %3$s WHERE partition = %1$d;
          DELETE FROM %4$s WHERE partition = %1$d;
          DELETE FROM %5$s WHERE partition = %1$d;
          DELETE FROM %6$s WHERE partition = %1$d
          """
              .formatted(
                  key.bits(),
                  tables.items(key),
                  tables.lease(),
                  tables.key(),
                  tables.lowWater(),
                  tables.fence()));
    }
  }
}

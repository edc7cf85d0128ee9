package io.querator.storage.jdbc;

import io.querator.storage.Epoch;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.Fence;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/// Reads fence rows.
final class Fences {
  private final Tables tables;

  Fences(Tables tables) {
    this.tables = tables;
  }

  /// Those of `keys` whose tables have no page, and which have no lease.
  Set<PartitionKey> withoutPagesAndLeases(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    String sql =
        """
        SELECT partition FROM %s WHERE partition = ANY (?) AND pg_relation_size(to_regclass('%s' || name)) = 0
          AND partition <> ALL (ARRAY(SELECT DISTINCT partition FROM %s WHERE partition = ANY (?)))
        """
            .formatted(tables.fence(), tables.itemsPrefix(), tables.lease());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(ArrayParameter.keys(keys)).add(ArrayParameter.keys(keys));
      return keys(statement);
    }
  }

  /// Those of `keys` that exist and are not being dropped.
  Map<PartitionKey, Fence> fences(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    String sql =
        """
        SELECT partition, epoch, format, coalesce(generation, -1), coalesce(version, -1), incarnation
        FROM %s WHERE partition = ANY (?) AND dropped_at IS NULL
        """
            .formatted(tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(ArrayParameter.keys(keys));
      Map<PartitionKey, Fence> fences = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          fences.put(new PartitionKey(row.getLong(1)), fence(row));
        }
      }
      return fences;
    }
  }

  private static Fence fence(ResultSet row) throws SQLException {
    return new Fence(
        new Epoch(row.getLong(2)),
        row.getInt(3),
        row.getLong(4),
        row.getLong(5),
        row.getObject(6, UUID.class));
  }

  /// Those that are being dropped included: somebody must finish it.
  Set<PartitionKey> created(Connection connection, Instant before) throws SQLException {
    String sql = "SELECT partition FROM %s WHERE created_at < ?".formatted(tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, Times.parameter(before));
      return keys(statement);
    }
  }

  private static Set<PartitionKey> keys(PreparedStatement statement) throws SQLException {
    Set<PartitionKey> keys = new HashSet<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        keys.add(new PartitionKey(row.getLong(1)));
      }
    }
    return keys;
  }

  long highestGeneration(Connection connection) throws SQLException {
    String sql = "SELECT coalesce(max(generation), 0) FROM %s".formatted(tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  static Instant databaseTime(Connection connection) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement("SELECT timestamptz_send(clock_timestamp())");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return Times.instant(row, 1);
    }
  }
}

package io.querator.storage.jdbc;

import io.querator.storage.Epoch;
import io.querator.storage.PartitionKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Reads fence rows.
final class Fences {
  private final Tables tables;

  Fences(Tables tables) {
    this.tables = tables;
  }

  /// Those that are being dropped included: somebody must finish it.
  Set<PartitionKey> created(Connection connection, Instant before) throws SQLException {
    String sql = "SELECT partition FROM %s WHERE created_at < ?".formatted(tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, Times.parameter(before));
      Set<PartitionKey> keys = new HashSet<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          keys.add(new PartitionKey(row.getLong(1)));
        }
      }
      return keys;
    }
  }

  long highestGeneration(Connection connection) throws SQLException {
    String sql = "SELECT coalesce(max(generation), 0) FROM %s".formatted(tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  Set<PartitionKey> superseded(Connection connection, Map<PartitionKey, Epoch> mine)
      throws SQLException {
    String sql =
        "SELECT partition, epoch FROM %s WHERE partition = ANY (?)".formatted(tables.fence());
    long[] keys = mine.keySet().stream().mapToLong(PartitionKey::bits).toArray();
    Map<PartitionKey, Long> stored = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, ArrayParameter.int8(keys));
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          stored.put(new PartitionKey(row.getLong(1)), row.getLong(2));
        }
      }
    }
    Set<PartitionKey> lost = new HashSet<>();
    mine.forEach((key, epoch) -> {
      Long current = stored.get(key);
      if (current == null || current != epoch.value()) {
        lost.add(key);
      }
    });
    return lost;
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

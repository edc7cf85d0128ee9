package io.querator.storage.jdbc;

import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PartitionKey;
import io.querator.storage.StoredLease;
import io.querator.storage.encoding.HeldItems;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Reads and prunes what is kept of a partition besides its items.
final class PartitionReads {
  private final Tables tables;
  private final long partition;

  PartitionReads(Tables tables, PartitionKey key) {
    this.tables = tables;
    this.partition = key.bits();
  }

  List<StoredLease> leases(Connection connection) throws SQLException {
    String sql =
        """
        SELECT id, client, timestamptz_send(deadline), items, held FROM %s WHERE partition = ? ORDER BY id
        """
            .formatted(tables.lease());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(partition);
      List<StoredLease> leases = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          leases.add(lease(row));
        }
      }
      return leases;
    }
  }

  private static StoredLease lease(ResultSet row) throws SQLException {
    HeldItems held = HeldItems.decode(row.getBytes(5), row.getInt(4));
    return new StoredLease(
        row.getLong(1), row.getString(2), Times.micros(row, 3), held.positions(), held.attempts());
  }

  /// Keys are stored by minute, so that new ones lie together. There are few minutes: the statement
  /// walks from one to the next along the index, and probes each for all hashes.
  Map<KeyHash, KeyEntry> keys(Connection connection, Set<KeyHash> hashes, int fromMinute)
      throws SQLException {
    String sql =
        """
        WITH RECURSIVE m (minute) AS (
          (SELECT minute FROM %1$s WHERE partition = ? AND minute >= ? ORDER BY minute LIMIT 1)
          UNION ALL
          SELECT (SELECT k.minute FROM %1$s k WHERE k.partition = ? AND k.minute > m.minute ORDER BY k.minute LIMIT 1)
          FROM m WHERE m.minute IS NOT NULL)
        SELECT k.minute, k.hash, k.request, k.first, k.count
        FROM m CROSS JOIN LATERAL (
          SELECT * FROM %1$s k WHERE k.partition = ? AND k.minute = m.minute AND k.hash = ANY (?) OFFSET 0) k
        ORDER BY k.minute
        """
            .formatted(tables.key());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement)
          .add(partition)
          .add(fromMinute)
          .add(partition)
          .add(partition)
          .add(ArrayParameter.uuid(hashes));
      Map<KeyHash, KeyEntry> found = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          KeyEntry entry = key(row);
          found.put(entry.hash(), entry);
        }
      }
      return found;
    }
  }

  /// One comparison of rows is one range of the primary key, which has this order.
  List<KeyEntry> keysAfter(Connection connection, @Nullable KeyEntry after, int max)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(keysAfter())) {
      bindKeysAfter(new Parameters(statement), after, max);
      List<KeyEntry> found = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          found.add(key(row));
        }
      }
      return found;
    }
  }

  String keysAfter() {
    return """
    SELECT minute, hash, request, first, count FROM %s
    WHERE partition = ? AND (minute, hash) > (?, ?) ORDER BY minute, hash LIMIT ?
    """
        .formatted(tables.key());
  }

  void bindKeysAfter(Parameters parameters, @Nullable KeyEntry after, int max) throws SQLException {
    KeyHash hash = after == null ? new KeyHash(0, 0) : after.hash();
    parameters
        .add(partition)
        .add(after == null ? Integer.MIN_VALUE : after.minute())
        .add(new UUID(hash.high(), hash.low()))
        .add(max);
  }

  private static KeyEntry key(ResultSet row) throws SQLException {
    return new KeyEntry(hash(row, 2), row.getInt(1), hash(row, 3), row.getLong(4), row.getInt(5));
  }

  private static KeyHash hash(ResultSet row, int column) throws SQLException {
    UUID uuid = row.getObject(column, UUID.class);
    return new KeyHash(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
  }

  /// Removes old keys, and the marks below the highest one.
  int prune(Connection connection, int beforeMinute) throws SQLException {
    String sql =
        """
        WITH k AS (DELETE FROM %1$s WHERE partition = ? AND minute < ? RETURNING 1),
          w AS (DELETE FROM %2$s WHERE partition = ? AND ready < (
            SELECT w.ready FROM %2$s w WHERE w.partition = ?
            ORDER BY w.partition DESC, w.ready DESC, w.not_ready DESC LIMIT 1) RETURNING 1)
        SELECT (SELECT count(*) FROM k) + (SELECT count(*) FROM w)
        """
            .formatted(tables.key(), tables.lowWater());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(partition).add(beforeMinute).add(partition).add(partition);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getInt(1) : 0;
      }
    }
  }
}

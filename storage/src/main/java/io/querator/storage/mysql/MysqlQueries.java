package io.querator.storage.mysql;

import io.querator.storage.Due;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.encoding.HeldItems;
import io.querator.storage.sql.PartitionQueries;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one partition.
final class MysqlQueries implements PartitionQueries {
  @FunctionalInterface
  private interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  private static final String HEAD =
      "q.position, q.placed_at, q.created_at, q.expire_at, q.due_at, q.attempts, q.max_attempts, q.source_id";

  private static final String ITEM = HEAD + ", q.kind, q.reference, q.encoding, q.payload, q.extra";

  /// Rows that one clean-up takes at most: a transaction must not grow without bound.
  private static final int PRUNED_MAX = 50_000;

  private final Tables tables;
  private final String table;
  private final long partition;

  MysqlQueries(Tables tables, PartitionKey key) {
    this.tables = tables;
    this.table = tables.items(key);
    this.partition = key.bits();
  }

  /// The running size is computed from sizes kept in the rows, so that a payload beyond the page is
  /// not read. The sum is over the page alone: `LIMIT` in the same query would apply after it.
  @Override
  public List<StoredItem> items(Connection connection, PositionRange range, PageLimit limit)
      throws SQLException {
    SqlText sql = new SqlText().add("SELECT " + ITEM);
    sql.add(
        """
         FROM (
          SELECT position, SUM(bytes) OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS bytes_before
          FROM (SELECT position, bytes FROM \
        """);
    sql.add(table).add(" WHERE position BETWEEN ").add(range.from()).add(" AND ");
    sql.add(range.to()).add(" ORDER BY position LIMIT ").add(limit.items());
    sql.add(") page) sized STRAIGHT_JOIN ").add(table).add(" q ON q.position = sized.position");
    sql.add(" WHERE COALESCE(sized.bytes_before, 0) < ").add(limit.bytes());
    return rows(connection, sql.add(" ORDER BY q.position"), MysqlQueries::item);
  }

  @Override
  public List<StoredItem> items(Connection connection, long[] positions) throws SQLException {
    return at(connection, ITEM, positions, MysqlQueries::item);
  }

  @Override
  public List<ItemHead> heads(Connection connection, long[] positions) throws SQLException {
    return at(connection, HEAD, positions, MysqlQueries::head);
  }

  private <T> List<T> at(Connection connection, String columns, long[] positions, Row<T> reader)
      throws SQLException {
    if (positions.length == 0) {
      return List.of();
    }
    SqlText sql = new SqlText().add("SELECT ").add(columns).add(" FROM ").add(table);
    sql.add(" q WHERE q.position IN ").in(positions);
    sql.add(" ORDER BY q.position LIMIT ").add(positions.length);
    return rows(connection, sql, reader);
  }

  @Override
  public List<ItemHead> heads(Connection connection, PositionRange range, int max)
      throws SQLException {
    SqlText sql = new SqlText().add("SELECT " + HEAD + " FROM ").add(table);
    sql.add(" q WHERE q.position BETWEEN ").add(range.from()).add(" AND ").add(range.to());
    return rows(connection, sql.add(" ORDER BY q.position LIMIT ").add(max), MysqlQueries::head);
  }

  /// The rest of the moment that `after` names comes first, then later moments: as one condition
  /// the server would begin with all of that moment again for every page.
  @Override
  public List<ItemHead> due(Connection connection, Due after, long until, int max)
      throws SQLException {
    List<ItemHead> found = new ArrayList<>();
    if (after.dueAt() <= until) {
      SqlText sql = new SqlText().add("d.due_at = ").add(after.dueAt());
      sql.add(" AND d.position > ").add(after.position());
      found.addAll(due(connection, sql, max));
    }
    if (found.size() < max) {
      SqlText sql = new SqlText().add("d.due_at > ").add(after.dueAt());
      sql.add(" AND d.due_at <= ").add(until);
      found.addAll(due(connection, sql, max - found.size()));
    }
    return found;
  }

  private List<ItemHead> due(Connection connection, SqlText condition, int max)
      throws SQLException {
    SqlText sql = new SqlText().add("SELECT " + HEAD + " FROM ").add(tables.due());
    sql.add(" d STRAIGHT_JOIN ").add(table).add(" q ON q.position = d.position");
    sql.add(" WHERE d.partition_key = ").add(partition).add(" AND ").add(condition.toString());
    sql.add(" ORDER BY d.due_at, d.position LIMIT ").add(max);
    return rows(connection, sql, MysqlQueries::head);
  }

  @Override
  public List<StoredLease> leases(Connection connection) throws SQLException {
    SqlText sql = new SqlText().add("SELECT id, client, deadline, items, held FROM ");
    sql.add(tables.lease()).add(" WHERE partition_key = ").add(partition).add(" ORDER BY id");
    return rows(connection, sql, MysqlQueries::lease);
  }

  private static StoredLease lease(ResultSet row) throws SQLException {
    HeldItems held = HeldItems.decode(row.getBytes(5), row.getInt(4));
    return new StoredLease(
        row.getLong(1), row.getString(2), row.getLong(3), held.positions(), held.attempts());
  }

  /// Keys are stored by minute, so that new ones lie together. There are few minutes: the statement
  /// walks from one to the next along the index, and probes each for all hashes.
  @Override
  public Map<KeyHash, KeyEntry> keys(Connection connection, Set<KeyHash> hashes, int fromMinute)
      throws SQLException {
    JsonText asked = new JsonText().begin();
    hashes.forEach(hash -> asked.add("%016x%016x".formatted(hash.high(), hash.low())));
    SqlText sql = new SqlText().add("WITH RECURSIVE m (minute) AS (SELECT MIN(minute) FROM ");
    sql.add(tables.key()).add(" WHERE partition_key = ").add(partition);
    sql.add(" AND minute >= ").add(fromMinute);
    sql.add(" UNION ALL SELECT (SELECT MIN(k.minute) FROM ").add(tables.key());
    sql.add(" k WHERE k.partition_key = ").add(partition).add(" AND k.minute > m.minute)");
    sql.add(" FROM m WHERE m.minute IS NOT NULL)");
    sql.add(
        " SELECT k.minute, k.hash, k.request, k.first, k.count FROM m STRAIGHT_JOIN JSON_TABLE(");
    sql.text(asked.end().toString());
    sql.add(", '$[*]' COLUMNS (hash VARCHAR(32) PATH '$')) h STRAIGHT_JOIN ").add(tables.key());
    sql.add(" k ON k.partition_key = ").add(partition);
    sql.add(" AND k.minute = m.minute AND k.hash = UNHEX(h.hash) ORDER BY k.minute");
    Map<KeyHash, KeyEntry> found = new HashMap<>();
    for (KeyEntry entry : rows(connection, sql, MysqlQueries::key)) {
      found.put(entry.hash(), entry);
    }
    return found;
  }

  /// The rest of the minute that `after` names comes first, then later minutes, as in [#due].
  @Override
  public List<KeyEntry> keysAfter(Connection connection, @Nullable KeyEntry after, int max)
      throws SQLException {
    if (after == null) {
      return rows(connection, keysAfter(Integer.MIN_VALUE, max), MysqlQueries::key);
    }
    List<KeyEntry> found = new ArrayList<>();
    found.addAll(rows(connection, keysOfMinuteAfter(after, max), MysqlQueries::key));
    if (found.size() < max) {
      int rest = max - found.size();
      found.addAll(rows(connection, keysAfter(after.minute(), rest), MysqlQueries::key));
    }
    return found;
  }

  SqlText keysOfMinuteAfter(KeyEntry after, int max) {
    SqlText sql = allKeys().add(" AND minute = ").add(after.minute()).add(" AND hash > ");
    sql.add(after.hash().high(), after.hash().low());
    return sql.add(" ORDER BY hash LIMIT ").add(max);
  }

  SqlText keysAfter(int minute, int max) {
    SqlText sql = allKeys().add(" AND minute > ").add(minute);
    return sql.add(" ORDER BY minute, hash LIMIT ").add(max);
  }

  private SqlText allKeys() {
    SqlText sql = new SqlText().add("SELECT minute, hash, request, first, count FROM ");
    return sql.add(tables.key()).add(" WHERE partition_key = ").add(partition);
  }

  private static KeyEntry key(ResultSet row) throws SQLException {
    return new KeyEntry(hash(row, 2), row.getInt(1), hash(row, 3), row.getLong(4), row.getInt(5));
  }

  private static KeyHash hash(ResultSet row, int column) throws SQLException {
    ByteBuffer bytes = ByteBuffer.wrap(row.getBytes(column));
    return new KeyHash(bytes.getLong(), bytes.getLong());
  }

  @Override
  public int prune(Connection connection, int beforeMinute) throws SQLException {
    SqlText keys = new SqlText().add("DELETE FROM ").add(tables.key());
    keys.add(" WHERE partition_key = ").add(partition).add(" AND minute < ").add(beforeMinute);
    keys.add(" ORDER BY partition_key, minute, hash LIMIT ").add(PRUNED_MAX);
    SqlText marks = new SqlText().add("DELETE FROM ").add(tables.lowWater());
    marks.add(" WHERE partition_key = ").add(partition);
    marks.add(" AND ready < (SELECT ready FROM (SELECT MAX(ready) AS ready FROM ");
    marks.add(tables.lowWater()).add(" WHERE partition_key = ").add(partition).add(") highest)");
    return update(connection, keys) + update(connection, marks);
  }

  private static int update(Connection connection, SqlText sql) throws SQLException {
    try (PreparedStatement statement = sql.prepare(connection)) {
      return statement.executeUpdate();
    }
  }

  private static <T> List<T> rows(Connection connection, SqlText sql, Row<T> reader)
      throws SQLException {
    List<T> found = new ArrayList<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        found.add(reader.read(row));
      }
    }
    return found;
  }

  private static ItemHead head(ResultSet row) throws SQLException {
    long dueAt = row.getLong(5);
    boolean ready = row.wasNull();
    return new ItemHead(
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        ready ? ItemHead.READY : dueAt,
        row.getInt(6),
        row.getInt(7),
        row.getString(8));
  }

  private static StoredItem item(ResultSet row) throws SQLException {
    ItemContent content =
        new ItemContent(
            row.getString(9),
            row.getString(10),
            row.getString(11),
            row.getBytes(12),
            row.getBytes(13));
    return new StoredItem(head(row), content);
  }
}

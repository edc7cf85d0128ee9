package io.querator.storage.mysql;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.LowWater;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.ConnectionPool;
import io.querator.storage.sql.Fence;
import io.querator.storage.sql.FenceTable;
import io.querator.storage.sql.Mark;
import io.querator.storage.sql.Raised;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Fence rows and marks, by connections of their own.
///
/// Epochs are raised by one UPDATE in autocommit mode, so that no lock is held between statements.
/// It leaves a random token in the rows that it has raised; the SELECT behind it, in the same
/// packet, finds them by that.
final class MysqlFenceTable implements FenceTable {
  private final Tables tables;
  private final ConnectionPool pool;
  private final Sessions sessions;
  private final FenceLock lock;

  /// @param pool of connections that wait for a lock for a second
  /// @param sessions of the store that raises epochs here
  MysqlFenceTable(Tables tables, ConnectionPool pool, Sessions sessions) {
    this.tables = tables;
    this.pool = pool;
    this.sessions = sessions;
    this.lock = new FenceLock(pool, new Blockers(tables));
  }

  @Override
  public Map<PartitionKey, Fence> read(Set<PartitionKey> keys) {
    return keys.isEmpty()
        ? Map.of()
        : pool.repeatable("read fences", connection -> read(connection, keys));
  }

  private Map<PartitionKey, Fence> read(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    SqlText sql =
        new SqlText()
            .add(
                """
                SELECT partition_key, epoch, format, COALESCE(generation, -1), COALESCE(version, -1), incarnation FROM \
                """)
            .add(tables.fence());
    sql.add(" WHERE partition_key IN ").in(bits(keys)).add(" AND dropped_at IS NULL");
    Map<PartitionKey, Fence> fences = new HashMap<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        fences.put(
            new PartitionKey(row.getLong(1)),
            new Fence(
                new Epoch(row.getLong(2)),
                row.getInt(3),
                row.getLong(4),
                row.getLong(5),
                uuid(row.getBytes(6))));
      }
    }
    return fences;
  }

  private static @Nullable UUID uuid(byte @Nullable [] bytes) {
    if (bytes == null) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  @Override
  public Map<PartitionKey, Mark> marks(Set<PartitionKey> keys) {
    return keys.isEmpty()
        ? Map.of()
        : pool.repeatable("read marks", connection -> marks(connection, keys));
  }

  /// One for each, from the end of the index, where no dead rows lie.
  private Map<PartitionKey, Mark> marks(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    String highest =
        "(SELECT %1$s FROM %2$s w WHERE w.partition_key = f.partition_key ORDER BY w.ready DESC, w.not_ready DESC LIMIT 1)";
    SqlText sql = new SqlText().add("SELECT f.partition_key, " + Clock.NOW + ", ");
    sql.add(highest.formatted("w.ready", tables.lowWater())).add(", ");
    sql.add(highest.formatted("w.not_ready", tables.lowWater()));
    sql.add(" FROM ").add(tables.fence()).add(" f WHERE f.partition_key IN ").in(bits(keys));
    Map<PartitionKey, Mark> marks = new HashMap<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        Instant now = Micros.instant(row.getLong(2));
        marks.put(new PartitionKey(row.getLong(1)), new Mark(now, lowWater(row)));
      }
    }
    return marks;
  }

  private static LowWater lowWater(ResultSet row) throws SQLException {
    long ready = row.getLong(3);
    return row.wasNull() ? LowWater.NONE : new LowWater(ready, row.getLong(4));
  }

  @Override
  public Map<PartitionKey, Raised> take(Map<PartitionKey, Epoch> seen, Claim claim) {
    UUID token = UUID.randomUUID();
    long[] keys = bits(seen.keySet());
    SqlText sql = update("GREATEST(epoch, " + highestSeen(seen) + ") + 1", claim, token);
    sql.add(" WHERE partition_key IN ").in(keys).add(" AND format <= ").add(Fence.FORMAT);
    sql.add(" AND dropped_at IS NULL AND (generation IS NULL OR ");
    newer(sql, claim).add(") ORDER BY partition_key LIMIT ").add(keys.length);
    raisedBy(sql, keys, token);
    return lock.get(
        seen.keySet(),
        () -> pool.once("take over partitions", connection -> raised(connection, sql)));
  }

  /// An expression for the highest epoch that the caller has seen of a row's partition.
  private static String highestSeen(Map<PartitionKey, Epoch> seen) {
    StringBuilder sql = new StringBuilder();
    seen.forEach((key, epoch) -> {
      if (!epoch.equals(Epoch.NONE)) {
        sql.append(" WHEN ").append(key.bits()).append(" THEN ").append(epoch.value());
      }
    });
    return sql.isEmpty() ? "0" : "CASE partition_key" + sql + " ELSE 0 END";
  }

  @Override
  public Optional<Raised> raise(Opened last, Epoch stored) {
    UUID token = UUID.randomUUID();
    Claim claim = last.claim();
    long[] keys = {last.key().bits()};
    SqlText sql = update("GREATEST(epoch, " + last.epoch().value() + ") + 1", claim, token);
    sql.add(" WHERE partition_key = ").add(keys[0]).add(" AND epoch = ").add(stored.value());
    sql.add(" AND format <= ").add(Fence.FORMAT).add(" AND dropped_at IS NULL AND (");
    newer(sql, claim).add(" OR generation = ").add(claim.generation());
    sql.add(" AND version = ").add(claim.version());
    sql.add(" AND incarnation = ").add(claim.incarnation()).add(")");
    raisedBy(sql, keys, token);
    Map<PartitionKey, Raised> raised =
        lock.get(
            Set.of(last.key()),
            () -> pool.repeatable("raise an epoch", connection -> raised(connection, sql)));
    return Optional.ofNullable(raised.get(last.key()));
  }

  /// Assignments are made from left to right.
  private SqlText update(String epoch, Claim claim, UUID token) {
    SqlText sql = new SqlText().add("UPDATE ").add(tables.fence());
    sql.add(" SET previous_epoch = epoch, epoch = ").add(epoch);
    sql.add(", owner = ").text(claim.owner()).add(", incarnation = ").add(claim.incarnation());
    sql.add(", generation = ").add(claim.generation()).add(", version = ").add(claim.version());
    sql.add(", session = ").text(sessions.toString()).add(", raised_by = ").add(token);
    return sql.add(", opened_at = " + Clock.NOW);
  }

  private static SqlText newer(SqlText sql, Claim claim) {
    sql.add("generation < ").add(claim.generation()).add(" OR generation = ");
    return sql.add(claim.generation()).add(" AND version < ").add(claim.version());
  }

  private void raisedBy(SqlText sql, long[] keys, UUID token) {
    sql.add(";\nSELECT partition_key, epoch, previous_epoch FROM ").add(tables.fence());
    sql.add(" WHERE partition_key IN ").in(keys).add(" AND raised_by = ").add(token);
  }

  private static Map<PartitionKey, Raised> raised(Connection connection, SqlText sql)
      throws SQLException {
    Map<PartitionKey, Raised> raised = new HashMap<>();
    try (PreparedStatement statement = sql.prepare(connection)) {
      statement.execute();
      if (!statement.getMoreResults()) {
        throw new IllegalStateException("the server did not tell what it has raised");
      }
      try (ResultSet row = statement.getResultSet()) {
        while (row.next()) {
          raised.put(
              new PartitionKey(row.getLong(1)),
              new Raised(new Epoch(row.getLong(2)), new Epoch(row.getLong(3))));
        }
      }
    }
    return raised;
  }

  @Override
  public void condemn(PartitionKey key) {
    SqlText sql = new SqlText().add("UPDATE ").add(tables.fence());
    sql.add(" SET epoch = epoch + 1, dropped_at = " + Clock.NOW + " WHERE partition_key = ");
    sql.add(key.bits()).add(" AND dropped_at IS NULL");
    lock.get(
        Set.of(key),
        () ->
            pool.repeatable(
                "take a partition away",
                connection -> {
                  try (PreparedStatement statement = sql.prepare(connection)) {
                    return statement.executeUpdate();
                  }
                }));
  }

  private static long[] bits(Set<PartitionKey> keys) {
    return keys.stream().mapToLong(PartitionKey::bits).toArray();
  }
}

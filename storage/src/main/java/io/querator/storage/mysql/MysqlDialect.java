package io.querator.storage.mysql;

import io.querator.storage.Limits;
import io.querator.storage.LowWater;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.CountQuery;
import io.querator.storage.sql.PartitionQueries;
import io.querator.storage.sql.SqlDialect;
import io.querator.storage.sql.SqlErrors;
import io.querator.storage.sql.TurnWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/// What MySQL and MariaDB say in their own way.
final class MysqlDialect implements SqlDialect {
  static final MysqlErrors ERRORS = new MysqlErrors();

  private static final int TURN_ITEMS = 100_000;
  private static final long TURN_BYTES_MAX = 256L << 20;
  private static final long ITEM_BYTES_MAX = 128L << 20;

  /// What a turn takes besides content.
  private static final long RESERVED_BYTES = 64L << 10;

  private final Tables tables;
  private final ItemTable itemTable;
  private final Limits limits;
  private final TurnWriter turns;
  private final CountQuery counting = new MysqlCountQuery();

  /// @param packetBytes what the server takes at once
  MysqlDialect(Tables tables, long packetBytes) {
    this.tables = tables;
    this.itemTable = new ItemTable(tables);
    this.turns = new MysqlTurns(tables, packetBytes);
    // Escaping may double bytes.
    long turnBytes = Math.min(TURN_BYTES_MAX, (packetBytes - RESERVED_BYTES) / 2);
    this.limits = new Limits(TURN_ITEMS, turnBytes, Math.min(ITEM_BYTES_MAX, turnBytes));
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public SqlErrors errors() {
    return ERRORS;
  }

  @Override
  public TurnWriter turns() {
    return turns;
  }

  @Override
  public CountQuery counting() {
    return counting;
  }

  @Override
  public PartitionQueries partition(PartitionKey key) {
    return new MysqlQueries(tables, key);
  }

  @Override
  public String items(PartitionKey key) {
    return tables.items(key);
  }

  /// None: a table has a page from the beginning, and what the server knows of its rows is a guess.
  @Override
  public Set<PartitionKey> surelyEmpty(Connection connection, Set<PartitionKey> keys) {
    return Set.of();
  }

  @Override
  public String isEmpty(PartitionKey key, LowWater from) {
    return """
    (SELECT position FROM %s WHERE position >= %d ORDER BY position LIMIT 1) IS NULL
    AND NOT EXISTS (SELECT 1 FROM %s WHERE partition_key = %4$d)
    AND NOT EXISTS (SELECT 1 FROM %5$s WHERE partition_key = %4$d)
    """
        .formatted(items(key), from.ready(), tables.due(), key.bits(), tables.lease());
  }

  @Override
  public boolean create(Connection connection, PartitionKey key) throws SQLException {
    return itemTable.create(connection, key);
  }

  @Override
  public boolean dropSome(Connection connection, PartitionKey key) throws SQLException {
    return itemTable.dropSome(connection, key);
  }

  @Override
  public boolean drop(Connection connection, PartitionKey key) throws SQLException {
    return itemTable.drop(connection, key);
  }

  @Override
  public Set<PartitionKey> created(Connection connection, Instant before) throws SQLException {
    SqlText sql = new SqlText().add("SELECT partition_key FROM ").add(tables.fence());
    sql.add(" WHERE created_at < ").add(Micros.of(before));
    Set<PartitionKey> keys = new HashSet<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        keys.add(new PartitionKey(row.getLong(1)));
      }
    }
    return keys;
  }

  @Override
  public long highestGeneration(Connection connection) throws SQLException {
    String sql = "SELECT COALESCE(MAX(generation), 0) FROM " + tables.fence();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  @Override
  public Instant databaseTime(Connection connection) throws SQLException {
    return Clock.now(connection);
  }
}

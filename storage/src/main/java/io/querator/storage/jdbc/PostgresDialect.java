package io.querator.storage.jdbc;

import io.querator.storage.Limits;
import io.querator.storage.LowWater;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.CountQuery;
import io.querator.storage.sql.PartitionQueries;
import io.querator.storage.sql.SqlDialect;
import io.querator.storage.sql.SqlErrors;
import io.querator.storage.sql.TurnWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/// What PostgreSQL says in its own way.
final class PostgresDialect implements SqlDialect {
  static final PostgresErrors ERRORS = new PostgresErrors();

  /// A message to the server is at most 1 GiB, and an item crosses memory several times.
  private static final Limits LIMITS = new Limits(100_000, 256L << 20, 128L << 20);

  private final Tables tables;
  private final ItemTable itemTable;
  private final Fences fences;
  private final TurnWriter turns;
  private final CountQuery counting = new PostgresCountQuery();

  PostgresDialect(Tables tables) {
    this.tables = tables;
    this.itemTable = new ItemTable(tables);
    this.fences = new Fences(tables);
    this.turns = new PostgresTurns(tables);
  }

  @Override
  public Limits limits() {
    return LIMITS;
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
    return new PostgresQueries(tables, key);
  }

  @Override
  public String items(PartitionKey key) {
    return tables.items(key);
  }

  /// A table without a page has no row.
  @Override
  public Set<PartitionKey> surelyEmpty(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    return fences.withoutPagesAndLeases(connection, keys);
  }

  @Override
  public String isEmpty(PartitionKey key, LowWater from) {
    // where nothing is known to be gone, little is
    String rows =
        from.equals(LowWater.NONE)
            ? "NOT EXISTS (SELECT FROM %1$s)"
            : """
            (SELECT position FROM %1$s WHERE position >= %2$d ORDER BY position LIMIT 1) IS NULL
            AND (SELECT position FROM %1$s WHERE due_at IS NOT NULL ORDER BY due_at, position LIMIT 1) IS NULL
            """;
    return (rows + " AND NOT EXISTS (SELECT FROM %3$s WHERE partition = %4$d)")
        .formatted(items(key), from.ready(), tables.lease(), key.bits());
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
    return fences.created(connection, before);
  }

  @Override
  public long highestGeneration(Connection connection) throws SQLException {
    return fences.highestGeneration(connection);
  }

  @Override
  public Instant databaseTime(Connection connection) throws SQLException {
    return Fences.databaseTime(connection);
  }
}

package io.querator.storage.sql;

import io.querator.storage.Limits;
import io.querator.storage.LowWater;
import io.querator.storage.PartitionKey;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Set;

/// What a kind of database says in its own way. Used by several threads.
public interface SqlDialect {
  Limits limits();

  SqlErrors errors();

  TurnWriter turns();

  CountQuery counting();

  PartitionQueries partition(PartitionKey key);

  /// The name of the table that holds a partition's items.
  String items(PartitionKey key);

  /// Those of the partitions of which it can be told without reading their tables that they have
  /// neither a lease nor a row. What is not among them may be empty all the same.
  Set<PartitionKey> surelyEmpty(Connection connection, Set<PartitionKey> keys) throws SQLException;

  /// A condition, in SQL, that holds if a partition has neither a lease nor a row from `from` on.
  /// It reads no more of what was removed than a reader of the partition does.
  String isEmpty(PartitionKey key, LowWater from);

  /// Makes a partition's table and its fence row; does nothing where they exist.
  ///
  /// @return anything
  boolean create(Connection connection, PartitionKey key) throws SQLException;

  /// Removes some of what is kept of a partition besides its items, so that the last step is short.
  ///
  /// @return whether there may be more
  boolean dropSome(Connection connection, PartitionKey key) throws SQLException;

  /// Removes all that there is of the partition, the fence row last. Whoever reads the table for
  /// long makes this fail, and may go on.
  ///
  /// @return anything
  boolean drop(Connection connection, PartitionKey key) throws SQLException;

  /// Those that are being dropped included: somebody must finish it.
  Set<PartitionKey> created(Connection connection, Instant before) throws SQLException;

  long highestGeneration(Connection connection) throws SQLException;

  Instant databaseTime(Connection connection) throws SQLException;
}

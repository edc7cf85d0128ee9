package io.querator.storage;

import java.sql.SQLException;

/// A session of somebody else, in a transaction, which holds locks that a store wants. For one
/// thread.
public interface Rival extends AutoCloseable {
  /// Executes a statement of the database's own.
  void execute(String sql) throws SQLException;

  /// Raises a partition's epoch by one, as a take-over by the second decision of the first
  /// generation would.
  void raise(PartitionKey key) throws SQLException;

  /// Gives a partition's epoch to another process.
  void disown(PartitionKey key) throws SQLException;

  /// Locks all rows of a partition's items.
  void lockItems(PartitionKey key) throws SQLException;

  void commit() throws SQLException;

  void rollback() throws SQLException;

  /// Waits until a session of the store waits for a lock that this one holds.
  void awaitBlocked() throws SQLException;

  /// Whether the server has ended this session.
  boolean isEnded() throws SQLException;

  @Override
  void close() throws SQLException;
}

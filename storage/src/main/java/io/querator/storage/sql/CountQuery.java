package io.querator.storage.sql;

import io.querator.storage.Counting.Counts;
import io.querator.storage.PositionRange;
import java.sql.Connection;
import java.sql.SQLException;

/// Counts rows of a table as they were at one moment. Used by several threads.
public interface CountQuery {
  /// Begins a transaction that sees the rows as they are now; fails if the table does not exist.
  ///
  /// @param connection not in autocommit mode
  void takeSnapshot(Connection connection, String table) throws SQLException;

  /// Counts within that transaction.
  Counts count(Connection connection, String table, PositionRange range, long baseMicros)
      throws SQLException;
}

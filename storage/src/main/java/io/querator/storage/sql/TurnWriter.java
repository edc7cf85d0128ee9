package io.querator.storage.sql;

import io.querator.storage.Batch;
import java.sql.Connection;
import java.sql.SQLException;

/// Writes turns. Used by several threads.
public interface TurnWriter {
  /// What was done.
  ///
  /// @param written false if the epoch does not stand: nothing was done
  /// @param found rows that were removed or moved
  record Outcome(boolean written, long found) {}

  /// Writes `batch` whole or not at all, if its epoch still stands. After an error whose meaning is
  /// not [SqlErrors.Meaning#UNKNOWN] nothing was written, and nothing of it is held open on
  /// `connection`.
  Outcome write(Connection connection, Batch batch) throws SQLException;

  /// Tells from what is stored whether a batch was written: any row that only it can have made.
  /// Nobody else removes such a row, since its epoch was raised by the one who asks.
  boolean isStored(Connection connection, Batch batch) throws SQLException;
}

package io.querator.storage.jdbc;

import io.querator.storage.Batch;
import io.querator.storage.sql.TurnWriter;
import java.sql.Connection;
import java.sql.SQLException;

/// Writes a turn by one statement.
final class PostgresTurns implements TurnWriter {
  private final Tables tables;

  PostgresTurns(Tables tables) {
    this.tables = tables;
  }

  @Override
  public Outcome write(Connection connection, Batch batch) throws SQLException {
    return new TurnStatement(tables, batch).execute(connection);
  }

  @Override
  public boolean isStored(Connection connection, Batch batch) throws SQLException {
    return new TurnEvidence(tables, batch).isStored(connection);
  }
}

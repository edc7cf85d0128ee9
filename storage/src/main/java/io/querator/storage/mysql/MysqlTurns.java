package io.querator.storage.mysql;

import io.querator.storage.Batch;
import io.querator.storage.KeyEntry;
import io.querator.storage.Move;
import io.querator.storage.sql.TurnWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes a turn by one packet.
final class MysqlTurns implements TurnWriter {
  private static final Logger log = LoggerFactory.getLogger(MysqlTurns.class);

  private final Tables tables;
  private final long packetBytes;

  /// @param packetBytes what the server takes at once; more would end the connection with nothing
  ///   said
  MysqlTurns(Tables tables, long packetBytes) {
    this.tables = tables;
    this.packetBytes = packetBytes;
  }

  @Override
  public Outcome write(Connection connection, Batch batch) throws SQLException {
    TurnText turn = TurnText.of(tables, batch);
    if (!turn.text().fits(packetBytes)) {
      throw new SQLException(
          "the turn takes more than the server's max_allowed_packet of " + packetBytes + " bytes",
          "08S01",
          MysqlErrors.PACKET_TOO_LARGE);
    }
    try (PreparedStatement statement = turn.text().prepare(connection)) {
      return execute(statement, turn);
    } catch (SQLException e) {
      undo(connection, e);
      if (e.getErrorCode() == MysqlErrors.FENCED) {
        return new Outcome(false, 0);
      }
      throw e;
    }
  }

  private static Outcome execute(PreparedStatement statement, TurnText turn) throws SQLException {
    long found = 0;
    boolean rows = statement.execute();
    for (int index = 0; rows || statement.getUpdateCount() >= 0; index++) {
      if (turn.isRemoval(index)) {
        found += statement.getUpdateCount();
      }
      rows = statement.getMoreResults();
    }
    return new Outcome(true, found);
  }

  /// After an error the transaction is still open, with all that it did and the lock on the fence
  /// row. A connection on which it cannot be ended is broken, so that nobody goes on with it.
  private static void undo(Connection connection, SQLException cause) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
    } catch (SQLException e) {
      cause.addSuppressed(e);
      log.atDebug().setCause(cause).log("a connection is given up");
      connection.abort(Runnable::run);
    }
  }

  @Override
  public boolean isStored(Connection connection, Batch batch) throws SQLException {
    long partition = batch.partition().key().bits();
    if (!batch.items().isEmpty()) {
      return itemsAt(connection, batch, new long[] {batch.items().getFirst().position()});
    }
    if (!batch.leases().isEmpty()) {
      return exists(
          connection,
          new SqlText()
              .add("SELECT 1 FROM ")
              .add(tables.lease())
              .add(" WHERE partition_key = ")
              .add(partition)
              .add(" AND id = ")
              .add(batch.leases().getFirst().id()));
    }
    if (!batch.keys().isEmpty()) {
      KeyEntry key = batch.keys().getFirst();
      return exists(
          connection,
          new SqlText()
              .add("SELECT 1 FROM ")
              .add(tables.key())
              .add(" WHERE partition_key = ")
              .add(partition)
              .add(" AND minute = ")
              .add(key.minute())
              .add(" AND hash = ")
              .add(key.hash().high(), key.hash().low()));
    }
    // A move leaves no trace if there was nothing to move; then to write it again changes nothing.
    return itemsAt(connection, batch, batch.moves().stream().mapToLong(Move::to).toArray());
  }

  private boolean itemsAt(Connection connection, Batch batch, long[] positions)
      throws SQLException {
    return exists(
        connection,
        new SqlText()
            .add("SELECT 1 FROM ")
            .add(tables.items(batch.partition().key()))
            .add(" WHERE position IN ")
            .in(positions)
            .add(" ORDER BY position LIMIT 1"));
  }

  private static boolean exists(Connection connection, SqlText sql) throws SQLException {
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      return row.next();
    }
  }
}

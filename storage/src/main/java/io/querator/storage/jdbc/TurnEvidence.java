package io.querator.storage.jdbc;

import io.querator.storage.Batch;
import io.querator.storage.KeyEntry;
import io.querator.storage.Move;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;

/// Tells from what is stored whether a turn was written: any row that only it can have made. Nobody
/// else removes such a row, since its epoch was raised by the one who asks.
final class TurnEvidence {
  private final Tables tables;
  private final Batch batch;

  TurnEvidence(Tables tables, Batch batch) {
    this.tables = tables;
    this.batch = batch;
  }

  boolean isStored(Connection connection) throws SQLException {
    if (!batch.items().isEmpty()) {
      return itemsAt(connection, new long[] {batch.items().getFirst().position()});
    }
    if (!batch.leases().isEmpty()) {
      return leaseOf(connection, batch.leases().getFirst().id());
    }
    if (!batch.keys().isEmpty()) {
      return key(connection, batch.keys().getFirst());
    }
    // A move leaves no trace if there was nothing to move; then to write it again changes nothing.
    return itemsAt(connection, batch.moves().stream().mapToLong(Move::to).toArray());
  }

  private boolean itemsAt(Connection connection, long[] positions) throws SQLException {
    String sql = "SELECT EXISTS (SELECT 1 FROM %s WHERE position = ANY (?))";
    String items = tables.items(batch.partition().key());
    try (PreparedStatement statement = connection.prepareStatement(sql.formatted(items))) {
      new Parameters(statement).add(ArrayParameter.int8(positions));
      return isTrue(statement);
    }
  }

  private boolean leaseOf(Connection connection, long id) throws SQLException {
    String sql = "SELECT EXISTS (SELECT 1 FROM %s WHERE partition = ? AND id = ?)";
    try (PreparedStatement statement = connection.prepareStatement(sql.formatted(tables.lease()))) {
      new Parameters(statement).add(batch.partition().key().bits()).add(id);
      return isTrue(statement);
    }
  }

  private boolean key(Connection connection, KeyEntry key) throws SQLException {
    String sql =
        "SELECT EXISTS (SELECT 1 FROM %s WHERE partition = ? AND minute = ? AND hash = ANY (?))";
    try (PreparedStatement statement = connection.prepareStatement(sql.formatted(tables.key()))) {
      new Parameters(statement)
          .add(batch.partition().key().bits())
          .add(key.minute())
          .add(ArrayParameter.uuid(List.of(key.hash())));
      return isTrue(statement);
    }
  }

  private static boolean isTrue(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }
}

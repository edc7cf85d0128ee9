package io.querator.storage.jdbc;

import io.querator.storage.Batch;
import io.querator.storage.KeyEntry;
import io.querator.storage.sql.TurnWriter.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/// The one statement that writes a turn, whole or not at all, if its epoch still stands.
///
/// `f` locks the fence row: a take-over waits for a running turn, and a turn that waited for a
/// take-over finds no row, since a locking read looks at the newest version. Therefore:
/// - every part that changes data names `f`, and returns rows, so that it does nothing once fenced;
/// - parts do not see each other's changes and run in no particular order, so a move is a delete
///   that feeds an insert;
/// - stored rows are reached by `= ANY (array)` only, which stays an index scan however the table
///   grows;
/// - there is no `ON CONFLICT`.
///
/// Parts that a turn does not need are left out, by groups, so that there are at most 32 texts for
/// a table, and a few in practice.
final class TurnStatement {
  /// Groups of parts that are there or not.
  private enum Part {
    ITEMS,
    REMOVED,
    MOVES,
    LEASES,
    KEYS
  }

  private static final String COLUMNS =
      "position, placed_at, created_at, expire_at, due_at, attempts, max_attempts, source_id, kind, reference,"
          + " encoding, payload, extra";

  private final Tables tables;
  private final Batch batch;

  TurnStatement(Tables tables, Batch batch) {
    this.tables = tables;
    this.batch = batch;
  }

  Outcome execute(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql())) {
      bind(new Parameters(statement));
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Outcome(row.getLong(1) == 1, row.getLong(2));
      }
    }
  }

  private boolean has(Part part) {
    return switch (part) {
      case ITEMS -> !batch.items().isEmpty();
      case REMOVED -> batch.removed().length > 0;
      case MOVES -> !batch.moves().isEmpty();
      case LEASES -> !batch.leases().isEmpty() || batch.endedLeases().length > 0;
      case KEYS ->
          !batch.keys().isEmpty() || !batch.removedKeys().isEmpty() || batch.lowWater() != null;
    };
  }

  String sql() {
    String items = tables.items(batch.partition().key());
    StringBuilder sql = new StringBuilder(2_000);
    sql.append("WITH f AS MATERIALIZED (SELECT 1 FROM ")
        .append(tables.fence())
        .append(" WHERE partition = ? AND epoch = ? AND incarnation = ? FOR SHARE)");
    if (has(Part.ITEMS)) {
      appendItems(sql, items);
    }
    if (has(Part.REMOVED)) {
      sql.append(", d AS (DELETE FROM ")
          .append(items)
          .append(" USING f WHERE position = ANY (?) RETURNING 1)");
    }
    if (has(Part.MOVES)) {
      appendMoves(sql, items);
    }
    if (has(Part.LEASES)) {
      appendLeases(sql);
    }
    if (has(Part.KEYS)) {
      appendKeys(sql);
    }
    sql.append(" SELECT (SELECT count(*) FROM f), 0");
    appendCount(sql, Part.REMOVED, "d");
    appendCount(sql, Part.MOVES, "m");
    return sql.toString();
  }

  private void appendCount(StringBuilder sql, Part part, String name) {
    if (has(part)) {
      sql.append(" + (SELECT count(*) FROM ").append(name).append(')');
    }
  }

  private static void appendItems(StringBuilder sql, String items) {
    sql.append(", i AS (INSERT INTO ")
        .append(items)
        .append(" (")
        .append(COLUMNS)
        .append(
            ") SELECT u.* FROM f, unnest(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS u RETURNING 1)");
  }

  private static void appendMoves(StringBuilder sql, String items) {
    sql.append(", m AS (DELETE FROM ")
        .append(items)
        .append(" q USING f WHERE position = ANY (?) RETURNING q.*)")
        .append(", r AS (INSERT INTO ")
        .append(items)
        .append(" (")
        .append(COLUMNS)
        .append(
            """
            ) SELECT t.position, t.placed_at, m.created_at, m.expire_at, t.due_at, t.attempts, m.max_attempts,
              coalesce(t.source_id, m.source_id), m.kind, m.reference, m.encoding, m.payload, m.extra
            FROM f, m JOIN unnest(?, ?, ?, ?, ?, ?) AS t (source, position, placed_at, due_at, attempts, source_id)
              ON t.source = m.position RETURNING 1)\
            """);
  }

  private void appendLeases(StringBuilder sql) {
    sql.append(", l AS (INSERT INTO ")
        .append(tables.lease())
        .append(
            """
             (partition, id, client, deadline, first_position, last_position, items, held)
            SELECT ?, u.* FROM f, unnest(?, ?, ?, ?, ?, ?, ?) AS u RETURNING 1)\
            """)
        .append(", e AS (DELETE FROM ")
        .append(tables.lease())
        .append(" USING f WHERE partition = ? AND id = ANY (?) RETURNING 1)");
  }

  private void appendKeys(StringBuilder sql) {
    sql.append(", k AS (INSERT INTO ")
        .append(tables.key())
        .append(
            """
             (partition, minute, hash, request, first, count)
            SELECT ?, u.* FROM f, unnest(?, ?, ?, ?, ?) AS u RETURNING 1)\
            """)
        .append(", g AS (DELETE FROM ")
        .append(tables.key())
        .append(" USING f WHERE partition = ? AND minute = ? AND hash = ANY (?) RETURNING 1)")
        .append(", w AS (INSERT INTO ")
        .append(tables.lowWater())
        .append(
            " (partition, ready, not_ready) SELECT ?, u.* FROM f, unnest(?, ?) AS u RETURNING 1)");
  }

  void bind(Parameters parameters) throws SQLException {
    long partition = batch.partition().key().bits();
    parameters
        .add(partition)
        .add(batch.partition().epoch().value())
        .add(batch.partition().claim().incarnation());
    if (has(Part.ITEMS)) {
      TurnArrays.addItems(parameters, batch.items());
    }
    if (has(Part.REMOVED)) {
      parameters.add(ArrayParameter.int8(batch.removed()));
    }
    if (has(Part.MOVES)) {
      TurnArrays.addMoves(parameters, batch.moves());
    }
    if (has(Part.LEASES)) {
      TurnArrays.addLeases(parameters, partition, batch.leases());
      parameters.add(partition).add(ArrayParameter.int8(batch.endedLeases()));
    }
    if (has(Part.KEYS)) {
      TurnArrays.addKeys(parameters, partition, batch.keys());
      parameters.add(partition).add(KeyEntry.KEPT).add(ArrayParameter.uuid(batch.removedKeys()));
      TurnArrays.addLowWater(parameters.add(partition), batch.lowWater());
    }
  }
}

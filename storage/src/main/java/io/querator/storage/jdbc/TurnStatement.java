package io.querator.storage.jdbc;

import io.querator.storage.Batch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.jdbc.ArrayParameter.Element;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /// What the statement did.
  ///
  /// @param written false if the epoch does not stand: nothing was done
  /// @param found rows that were removed or moved
  record Outcome(boolean written, long found) {}

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
        .append(" WHERE partition = ? AND epoch = ? FOR SHARE)");
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
    parameters.add(partition).add(batch.partition().epoch().value());
    if (has(Part.ITEMS)) {
      bindItems(parameters, batch.items());
    }
    if (has(Part.REMOVED)) {
      parameters.add(ArrayParameter.int8(batch.removed()));
    }
    if (has(Part.MOVES)) {
      bindMoves(parameters, batch.moves());
    }
    if (has(Part.LEASES)) {
      bindLeases(parameters, partition, batch.leases());
      parameters.add(partition).add(ArrayParameter.int8(batch.endedLeases()));
    }
    if (has(Part.KEYS)) {
      bindKeys(parameters, partition, batch.keys());
      parameters.add(partition).add(KeyEntry.KEPT).add(ArrayParameter.uuid(batch.removedKeys()));
      bindLowWater(parameters.add(partition), batch.lowWater());
    }
  }

  private static void bindItems(Parameters parameters, List<StoredItem> items) throws SQLException {
    int size = items.size();
    var position = new ArrayParameter(Element.INT8, size);
    var placedAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var createdAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var expireAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var dueAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var attempts = new ArrayParameter(Element.INT4, size);
    var maxAttempts = new ArrayParameter(Element.INT4, size);
    var sourceId = new ArrayParameter(Element.TEXT, size);
    var kind = new ArrayParameter(Element.TEXT, size);
    var reference = new ArrayParameter(Element.TEXT, size);
    var encoding = new ArrayParameter(Element.TEXT, size);
    var payload = new ArrayParameter(Element.BYTEA, size);
    var extra = new ArrayParameter(Element.BYTEA, size);
    for (StoredItem item : items) {
      ItemHead head = item.head();
      position.add(head.position());
      placedAt.add(Times.binary(head.placedAt()));
      createdAt.add(Times.binary(head.createdAt()));
      expireAt.add(Times.binary(head.expireAt()));
      addDue(dueAt, head.dueAt());
      attempts.add(head.attempts());
      maxAttempts.add(head.maxAttempts());
      sourceId.add(head.sourceId());
      kind.add(item.content().kind());
      reference.add(item.content().reference());
      encoding.add(item.content().encoding());
      payload.add(item.content().payload());
      extra.addNullable(item.content().extra());
    }
    parameters.add(position).add(placedAt).add(createdAt).add(expireAt).add(dueAt);
    parameters.add(attempts).add(maxAttempts).add(sourceId).add(kind).add(reference);
    parameters.add(encoding).add(payload).add(extra);
  }

  private static void bindMoves(Parameters parameters, List<Move> moves) throws SQLException {
    int size = moves.size();
    var from = new ArrayParameter(Element.INT8, size);
    var to = new ArrayParameter(Element.INT8, size);
    var placedAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var dueAt = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var attempts = new ArrayParameter(Element.INT4, size);
    var sourceId = new ArrayParameter(Element.TEXT, size);
    for (Move move : moves) {
      from.add(move.from());
      to.add(move.to());
      placedAt.add(Times.binary(move.placedAt()));
      addDue(dueAt, move.dueAt());
      attempts.add(move.attempts());
      if (move.sourceId() == null) {
        sourceId.addNull();
      } else {
        sourceId.add(move.sourceId());
      }
    }
    parameters.add(from).add(from).add(to).add(placedAt).add(dueAt).add(attempts).add(sourceId);
  }

  private static void addDue(ArrayParameter array, long dueAt) {
    if (dueAt == ItemHead.READY) {
      array.addNull();
    } else {
      array.add(Times.binary(dueAt));
    }
  }

  private static void bindLeases(Parameters parameters, long partition, List<StoredLease> leases)
      throws SQLException {
    int size = leases.size();
    var id = new ArrayParameter(Element.INT8, size);
    var client = new ArrayParameter(Element.TEXT, size);
    var deadline = new ArrayParameter(Element.TIMESTAMPTZ, size);
    var first = new ArrayParameter(Element.INT8, size);
    var last = new ArrayParameter(Element.INT8, size);
    var items = new ArrayParameter(Element.INT4, size);
    var held = new ArrayParameter(Element.BYTEA, size);
    for (StoredLease lease : leases) {
      long[] positions = lease.positions();
      id.add(lease.id());
      client.add(lease.client());
      deadline.add(Times.binary(lease.deadline()));
      first.add(positions[0]);
      last.add(positions[positions.length - 1]);
      items.add(positions.length);
      held.add(new HeldItems(positions, lease.attempts()).encode());
    }
    parameters.add(partition).add(id).add(client).add(deadline).add(first).add(last);
    parameters.add(items).add(held);
  }

  private static void bindKeys(Parameters parameters, long partition, List<KeyEntry> keys)
      throws SQLException {
    int size = keys.size();
    var minute = new ArrayParameter(Element.INT4, size);
    var hash = new ArrayParameter(Element.UUID, size);
    var request = new ArrayParameter(Element.UUID, size);
    var first = new ArrayParameter(Element.INT8, size);
    var count = new ArrayParameter(Element.INT4, size);
    for (KeyEntry key : keys) {
      minute.add(key.minute());
      hash.add(key.hash().high(), key.hash().low());
      request.add(key.request().high(), key.request().low());
      first.add(key.first());
      count.add(key.count());
    }
    parameters.add(partition).add(minute).add(hash).add(request).add(first).add(count);
  }

  private static void bindLowWater(Parameters parameters, @Nullable LowWater mark)
      throws SQLException {
    int size = mark == null ? 0 : 1;
    var ready = new ArrayParameter(Element.INT8, size);
    var notReady = new ArrayParameter(Element.INT8, size);
    if (mark != null) {
      ready.add(mark.ready());
      notReady.add(mark.notReady());
    }
    parameters.add(ready).add(notReady);
  }
}

package io.querator.storage.mysql;

import io.querator.storage.Batch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.Position;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.encoding.HeldItems;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// The text of the statements that write a turn, whole or not at all, if its epoch still stands: a
/// transaction in one packet, so that an owner that is stopped cannot stop in the middle of it.
///
/// The guard locks the fence row: a take-over waits for a running turn, and a turn that waited for
/// a take-over sees the newest row. Where the epoch does not stand it fails (a subquery with two
/// rows), and the server executes nothing behind an error. Therefore:
/// - the text begins with ROLLBACK: after a turn that failed half-way, START TRANSACTION would
///   commit its half;
/// - whoever sends it ends the transaction after every error;
/// - rows are reached by their primary keys, in lists that end in `ORDER BY … LIMIT`: without it
///   the server reads the whole table once the list is long, whatever index it is told to use.
final class TurnText {
  /// Columns of a table of items.
  static final String COLUMNS =
      "position, placed_at, created_at, expire_at, due_at, attempts, max_attempts, source_id, kind, reference,"
          + " encoding, payload, extra, bytes";

  /// Rows named in one statement.
  private static final int CHUNK = 1_000;

  private final Tables tables;
  private final Batch batch;
  private final long partition;
  private final String items;
  private final SqlText text = new SqlText();

  /// Which results count rows that were removed or moved.
  private final Set<Integer> removals = new HashSet<>();

  private int statements;

  private TurnText(Tables tables, Batch batch) {
    this.tables = tables;
    this.batch = batch;
    this.partition = batch.partition().key().bits();
    this.items = tables.items(batch.partition().key());
  }

  static TurnText of(Tables tables, Batch batch) {
    TurnText turn = new TurnText(tables, batch);
    turn.addAll();
    return turn;
  }

  SqlText text() {
    return text;
  }

  /// Whether the result number `index`, from 0, counts rows that were removed or moved.
  boolean isRemoval(int index) {
    return removals.contains(index);
  }

  private void addAll() {
    statement("ROLLBACK").end();
    statement("START TRANSACTION").end();
    addGuard();
    addItems();
    for (List<Move> some : chunks(batch.moves())) {
      addMoves(some);
    }
    long[] gone = gone();
    for (int from = 0; from < gone.length; from += CHUNK) {
      addRemovals(Arrays.copyOfRange(gone, from, Math.min(gone.length, from + CHUNK)));
    }
    addLeases();
    addKeys();
    addLowWater(batch.lowWater());
    statement("COMMIT");
  }

  private TurnText statement(String begin) {
    text.add(begin);
    statements++;
    return this;
  }

  private void end() {
    text.add(";\n");
  }

  private void addGuard() {
    Opened opened = batch.partition();
    statement("SELECT IF((SELECT epoch FROM ");
    text.add(tables.fence()).add(" WHERE partition_key = ").add(partition);
    text.add(" AND incarnation = ").add(opened.claim().incarnation());
    text.add(" LOCK IN SHARE MODE) = ").add(opened.epoch().value());
    text.add(", 1, (SELECT 1 UNION ALL SELECT 2))");
    end();
  }

  private void addItems() {
    if (batch.items().isEmpty()) {
      return;
    }
    statement("INSERT INTO ");
    text.add(items).add(" (" + COLUMNS + ") VALUES ");
    batch.items().forEach(this::addItem);
    text.endList("");
    end();
    List<StoredItem> waiting =
        batch.items().stream().filter(item -> !Position.isReady(item.position())).toList();
    if (!waiting.isEmpty()) {
      statement("INSERT INTO ");
      text.add(tables.due()).add(" (partition_key, due_at, position) VALUES ");
      for (StoredItem item : waiting) {
        text.add("(").list(partition).list(item.head().dueAt()).list(item.position());
        text.endList("),");
      }
      text.endList("");
      end();
    }
  }

  private void addItem(StoredItem item) {
    ItemHead head = item.head();
    text.add("(").list(head.position()).list(head.placedAt()).list(head.createdAt());
    text.list(head.expireAt()).list(due(head.dueAt())).list(head.attempts());
    text.list(head.maxAttempts()).text(head.sourceId()).add(",").text(item.content().kind());
    text.add(",").text(item.content().reference()).add(",").text(item.content().encoding());
    text.add(",").bytes(item.content().payload()).add(",").nullableBytes(item.content().extra());
    text.add(",").add(item.content().sizeBytes()).add("),");
  }

  private static @Nullable Long due(long dueAt) {
    return dueAt == ItemHead.READY ? null : dueAt;
  }

  /// Copies rows to their new positions. The old ones are removed with the others.
  private void addMoves(List<Move> moves) {
    JsonText rows = new JsonText().begin();
    for (Move move : moves) {
      rows.begin().add(move.from()).add(move.to()).add(move.placedAt());
      rows.addNullable(due(move.dueAt())).add(move.attempts());
      if (move.sourceId() != null) {
        rows.add(move.sourceId());
      }
      rows.end();
    }
    statement("INSERT INTO ");
    text.add(items).add(" (" + COLUMNS + ")");
    text.add(
        """
         SELECT j.target, j.placed_at, q.created_at, q.expire_at, j.due_at, j.attempts, q.max_attempts,
          COALESCE(j.source_id COLLATE utf8mb4_bin, q.source_id), q.kind, q.reference,
          q.encoding, q.payload, q.extra, q.bytes
        FROM JSON_TABLE(\
        """);
    text.text(rows.end().toString());
    text.add(
        """
        , '$[*]' COLUMNS (origin BIGINT PATH '$[0]', target BIGINT PATH '$[1]', placed_at BIGINT PATH '$[2]',
          due_at BIGINT PATH '$[3]', attempts INT PATH '$[4]', source_id LONGTEXT CHARACTER SET utf8mb4 PATH '$[5]')) j
        STRAIGHT_JOIN \
        """);
    text.add(items).add(" q ON q.position = j.origin");
    end();
    long[] waiting =
        moves.stream().mapToLong(Move::to).filter(to -> !Position.isReady(to)).toArray();
    if (waiting.length > 0) {
      statement("INSERT INTO ");
      text.add(tables.due()).add(" (partition_key, due_at, position) SELECT ").add(partition);
      text.add(", due_at, position FROM ").add(items).add(" WHERE position IN ").in(waiting);
      addLimit(waiting);
      end();
    }
  }

  /// Of rows that go or have gone elsewhere, rising.
  private long[] gone() {
    return LongStream.concat(
            Arrays.stream(batch.removed()), batch.moves().stream().mapToLong(Move::from))
        .sorted()
        .toArray();
  }

  private void addRemovals(long[] positions) {
    long[] waiting = Arrays.stream(positions).filter(p -> !Position.isReady(p)).toArray();
    if (waiting.length > 0) {
      statement("DELETE d FROM (SELECT due_at, position FROM ");
      text.add(items).add(" WHERE position IN ").in(waiting);
      addLimit(waiting);
      text.add(") q STRAIGHT_JOIN ").add(tables.due()).add(" d ON d.partition_key = ");
      text.add(partition).add(" AND d.due_at = q.due_at AND d.position = q.position");
      end();
    }
    removals.add(statements);
    statement("DELETE FROM ");
    text.add(items).add(" WHERE position IN ").in(positions);
    addLimit(positions);
    end();
  }

  private void addLimit(long[] positions) {
    text.add(" ORDER BY position LIMIT ").add(positions.length);
  }

  private void addLeases() {
    if (!batch.leases().isEmpty()) {
      statement("INSERT INTO ");
      text.add(tables.lease());
      text.add(
          " (partition_key, id, client, deadline, first_position, last_position, items, held) VALUES ");
      for (StoredLease lease : batch.leases()) {
        long[] positions = lease.positions();
        text.add("(").list(partition).list(lease.id()).text(lease.client()).add(",");
        text.list(lease.deadline()).list(positions[0]).list(positions[positions.length - 1]);
        text.list(positions.length);
        text.bytes(new HeldItems(positions, lease.attempts()).encode()).add("),");
      }
      text.endList("");
      end();
    }
    if (batch.endedLeases().length > 0) {
      statement("DELETE FROM ");
      text.add(tables.lease()).add(" WHERE partition_key = ").add(partition);
      text.add(" AND id IN ").in(batch.endedLeases());
      text.add(" ORDER BY id LIMIT ").add(batch.endedLeases().length);
      end();
    }
  }

  private void addKeys() {
    if (!batch.keys().isEmpty()) {
      statement("INSERT INTO ");
      text.add(tables.key()).add(" (partition_key, minute, hash, request, first, count) VALUES ");
      for (KeyEntry key : batch.keys()) {
        text.add("(").list(partition).list(key.minute());
        text.add(key.hash().high(), key.hash().low()).add(",");
        text.add(key.request().high(), key.request().low()).add(",");
        text.list(key.first()).add(key.count()).add("),");
      }
      text.endList("");
      end();
    }
    for (List<KeyHash> some : chunks(batch.removedKeys())) {
      statement("DELETE FROM ");
      text.add(tables.key()).add(" WHERE partition_key = ").add(partition);
      text.add(" AND minute = ").add(KeyEntry.KEPT).add(" AND hash IN (");
      for (KeyHash hash : some) {
        text.add(hash.high(), hash.low()).add(",");
      }
      text.endList(") ORDER BY hash LIMIT ").add(some.size());
      end();
    }
  }

  /// A turn that is repeated may write its mark again.
  private void addLowWater(@Nullable LowWater mark) {
    if (mark == null) {
      return;
    }
    statement("INSERT INTO ");
    text.add(tables.lowWater()).add(" (partition_key, ready, not_ready, noted_at) VALUES (");
    text.list(partition).list(mark.ready()).list(mark.notReady()).add(Clock.NOW);
    text.add(") ON DUPLICATE KEY UPDATE noted_at = noted_at");
    end();
  }

  private static <T> List<List<T>> chunks(List<T> all) {
    List<List<T>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += CHUNK) {
      chunks.add(all.subList(from, Math.min(all.size(), from + CHUNK)));
    }
    return chunks;
  }
}

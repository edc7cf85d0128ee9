package io.querator.storage.mongo;

import io.querator.storage.Batch;
import io.querator.storage.ItemContent;
import io.querator.storage.KeyEntry;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.Position;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.bson.BsonDocument;

/// The documents of one turn, in the order in which they are inserted: its log record is the last.
///
/// @param bytes an upper bound of their size
record TurnDocuments(LogRecord.Turn turn, List<BsonDocument> documents, long bytes) {
  private static final long DOCUMENT_BYTES = 400;

  /// What a server takes in one message, whatever its settings.
  private static final long MESSAGE_DOCUMENTS = 1_000;

  private static final long MESSAGE_BYTES = 16L << 20;

  /// Reads what is moved, and makes all documents.
  ///
  /// @throws IllegalArgumentException if a position is given that is not above all given before
  static TurnDocuments of(Batch batch, Holding holding) {
    return new Maker(batch, holding).make();
  }

  /// Whether the driver sends them in one message.
  boolean isOneMessage() {
    return documents.size() <= MESSAGE_DOCUMENTS && bytes <= MESSAGE_BYTES;
  }

  /// Makes the documents of one batch. For one thread.
  private static final class Maker {
    private final Batch batch;
    private final Holding holding;
    private final long number;
    private final int partBytes;
    private final List<BsonDocument> documents = new ArrayList<>();
    private long bytes;

    Maker(Batch batch, Holding holding) {
      this.batch = batch;
      this.holding = holding;
      this.number = holding.last() + 1;
      this.partBytes = holding.cleanUp().partBytes();
    }

    TurnDocuments make() {
      long end = end();
      batch.items().forEach(this::add);
      addMoved();
      for (StoredLease lease : batch.leases()) {
        documents.add(LeaseDocuments.encode(lease));
        bytes += 20L * lease.positions().length;
      }
      int keys = 0;
      for (KeyEntry key : batch.keys()) {
        documents.add(KeyDocuments.encode(key, holding.epoch(), number, keys++));
      }
      Removal removal =
          new Removal(number, removed(), batch.endedLeases().clone(), batch.removedKeys());
      LowWater mark = batch.lowWater() == null ? holding.lowWater() : rise(batch.lowWater());
      LogRecord.Turn turn =
          new LogRecord.Turn(
              number,
              holding.epoch(),
              holding.opening().token(),
              holding.opening().number(),
              end,
              mark,
              holding.cleanUp().cleaned(),
              removal);
      documents.add(LogDocuments.encode(turn));
      bytes += 12L * (removal.positions().length + removal.leases().length);
      return new TurnDocuments(turn, documents, bytes + DOCUMENT_BYTES * documents.size());
    }

    private LowWater rise(LowWater mark) {
      LowWater before = holding.lowWater();
      return new LowWater(
          Math.max(before.ready(), mark.ready()), Math.max(before.notReady(), mark.notReady()));
    }

    /// The highest count of the own epoch so far. All counts of this turn must be above the last
    /// one: what is at or below it is taken for committed. What fills the partition has no part in
    /// that.
    private long end() {
      long[] given =
          LongStream.concat(
                  LongStream.concat(
                      batch.items().stream().mapToLong(StoredItem::position),
                      batch.moves().stream().mapToLong(Move::to)),
                  batch.leases().stream().mapToLong(StoredLease::id))
              .toArray();
      long end = holding.end();
      Base base = holding.base();
      for (long position : given) {
        if (base.filling() && base.contains(position)) {
          continue;
        }
        long count = Position.count(position);
        if (Position.epoch(position).value() != holding.epoch() || count <= holding.end()) {
          throw new IllegalArgumentException(
              "position %d is not of epoch %d and above count %d"
                  .formatted(position, holding.epoch(), holding.end()));
        }
        end = Math.max(end, count);
      }
      return end;
    }

    private void add(StoredItem item) {
      ItemContent content = item.content();
      if (content.payload().length > partBytes) {
        holding.cleanUp().expectParts();
      }
      ItemDocuments.encode(item, partBytes, documents);
      bytes += content.sizeBytes();
    }

    private void addMoved() {
      if (batch.moves().isEmpty()) {
        return;
      }
      Map<Long, Move> moves = new HashMap<>();
      batch.moves().forEach(move -> moves.put(move.from(), move));
      ItemReads reads = new ItemReads(holding.view());
      long[] from = batch.moves().stream().mapToLong(Move::from).sorted().toArray();
      List<BsonDocument> found = new ArrayList<>();
      reads.readAt(from, null, found::add);
      for (BsonDocument document : found) {
        Move move = moves.get(ItemDocuments.position(document));
        List<byte[]> parts = reads.parts(document);
        if (move == null || parts == null) {
          continue; // a later owner removed it: this turn will be fenced
        }
        addParts(move.to(), parts);
        ItemDocuments.move(document, move);
        documents.add(document);
        bytes += document.getBinary("payload").getData().length;
      }
    }

    private void addParts(long position, List<byte[]> parts) {
      int number = 1;
      for (byte[] part : parts) {
        holding.cleanUp().expectParts();
        documents.add(ItemDocuments.partDocument(position, number++, part));
        bytes += part.length;
      }
    }

    private long[] removed() {
      long[] removed =
          LongStream.concat(
                  Arrays.stream(batch.removed()), batch.moves().stream().mapToLong(Move::from))
              .toArray();
      Arrays.sort(removed);
      return removed;
    }
  }
}

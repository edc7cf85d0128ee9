package io.querator.storage.mongo;

import com.mongodb.client.model.Projections;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.Move;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.conversions.Bson;

/// Items as documents. Times are microseconds since 1970-01-01T00:00Z. Fields with their usual
/// value are left out: no `due_at` for a ready item, no empty `source_id`, no `max_attempts` of 0.
///
/// A document has at most 16 MiB, so what a payload has beyond [Surroundings#partBytes] lies in
/// documents of its own, which go before the item's.
final class ItemDocuments {
  /// All that is kept besides the content.
  static final Bson HEAD =
      Projections.include(
          "placed_at",
          "created_at",
          "expire_at",
          "due_at",
          "attempts",
          "max_attempts",
          "source_id");

  private ItemDocuments() {}

  /// Adds the documents of an item to `documents`.
  ///
  /// @param partBytes how much of the payload goes into one
  static void encode(StoredItem item, int partBytes, List<BsonDocument> documents) {
    ItemHead head = item.head();
    ItemContent content = item.content();
    BsonDocument document = new BsonDocument("_id", new BsonInt64(head.position()));
    document.append("kind", new BsonString(content.kind()));
    document.append("reference", new BsonString(content.reference()));
    document.append("encoding", new BsonString(content.encoding()));
    byte[] payload = content.payload();
    int parts = (Math.max(payload.length, 1) - 1) / partBytes;
    if (parts == 0) {
      document.append("payload", new BsonBinary(payload));
    } else {
      document.append("payload", new BsonBinary(part(payload, 0, partBytes)));
      document.append("parts", new BsonInt32(parts));
      for (int number = 1; number <= parts; number++) {
        documents.add(partDocument(head.position(), number, part(payload, number, partBytes)));
      }
    }
    byte[] extra = content.extra();
    if (extra != null) {
      document.append("extra", new BsonBinary(extra));
    }
    document.append("placed_at", new BsonInt64(head.placedAt()));
    document.append("created_at", new BsonInt64(head.createdAt()));
    document.append("expire_at", new BsonInt64(head.expireAt()));
    document.append("attempts", new BsonInt32(head.attempts()));
    if (head.maxAttempts() != 0) {
      document.append("max_attempts", new BsonInt32(head.maxAttempts()));
    }
    setDue(document, head.dueAt());
    setSourceId(document, head.sourceId());
    documents.add(document);
  }

  private static byte[] part(byte[] payload, int number, int partBytes) {
    int from = number * partBytes;
    return Arrays.copyOfRange(payload, from, Math.min(payload.length - from, partBytes) + from);
  }

  static BsonDocument partDocument(long position, int number, byte[] bytes) {
    return new BsonDocument("_id", new BsonString(Ids.part(position, number)))
        .append("payload", new BsonBinary(bytes));
  }

  /// Makes the document of an item that of the same item at its new place.
  static void move(BsonDocument document, Move move) {
    document.put("_id", new BsonInt64(move.to()));
    document.put("placed_at", new BsonInt64(move.placedAt()));
    document.put("attempts", new BsonInt32(move.attempts()));
    setDue(document, move.dueAt());
    if (move.sourceId() != null) {
      setSourceId(document, move.sourceId());
    }
  }

  private static void setDue(BsonDocument document, long dueAt) {
    if (dueAt == ItemHead.READY) {
      document.remove("due_at");
    } else {
      document.put("due_at", new BsonInt64(dueAt));
    }
  }

  private static void setSourceId(BsonDocument document, String sourceId) {
    if (sourceId.isEmpty()) {
      document.remove("source_id");
    } else {
      document.put("source_id", new BsonString(sourceId));
    }
  }

  static long position(BsonDocument document) {
    return document.getInt64("_id").getValue();
  }

  /// How many documents besides this hold the payload.
  static int parts(BsonDocument document) {
    return document.getInt32("parts", new BsonInt32(0)).getValue();
  }

  static ItemHead head(BsonDocument document) {
    return new ItemHead(
        position(document),
        document.getInt64("placed_at").getValue(),
        document.getInt64("created_at").getValue(),
        document.getInt64("expire_at").getValue(),
        document.getInt64("due_at", new BsonInt64(ItemHead.READY)).getValue(),
        document.getInt32("attempts").getValue(),
        document.getInt32("max_attempts", new BsonInt32(0)).getValue(),
        document.getString("source_id", new BsonString("")).getValue());
  }

  /// @param parts the rest of the payload, in order
  static StoredItem item(BsonDocument document, List<byte[]> parts) {
    return new StoredItem(
        head(document),
        new ItemContent(
            document.getString("kind").getValue(),
            document.getString("reference").getValue(),
            document.getString("encoding").getValue(),
            payload(document, parts),
            document.containsKey("extra") ? document.getBinary("extra").getData() : null));
  }

  private static byte[] payload(BsonDocument document, List<byte[]> parts) {
    byte[] first = document.getBinary("payload").getData();
    if (parts.isEmpty()) {
      return first;
    }
    List<byte[]> all = new ArrayList<>();
    all.add(first);
    all.addAll(parts);
    byte[] payload = new byte[all.stream().mapToInt(bytes -> bytes.length).sum()];
    int filled = 0;
    for (byte[] bytes : all) {
      System.arraycopy(bytes, 0, payload, filled, bytes.length);
      filled += bytes.length;
    }
    return payload;
  }
}

package io.querator.storage.mongo;

import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;

/// Keys as documents. Each names the turn that wrote it, which tells whether it is real.
final class KeyDocuments {
  private KeyDocuments() {}

  /// @param number of the key within its turn
  static BsonDocument encode(KeyEntry key, long epoch, long turn, int number) {
    return new BsonDocument("_id", new BsonString(Ids.key(key.minute(), epoch, turn, number)))
        .append("hash", new BsonBinary(key.hash().bytes()))
        .append("minute", new BsonInt32(key.minute()))
        .append("request", new BsonBinary(key.request().bytes()))
        .append("first", new BsonInt64(key.first()))
        .append("count", new BsonInt32(key.count()))
        .append("epoch", new BsonInt64(epoch))
        .append("turn", new BsonInt64(turn));
  }

  static KeyEntry decode(BsonDocument document) {
    return new KeyEntry(
        hash(document, "hash"),
        document.getInt32("minute").getValue(),
        hash(document, "request"),
        document.getInt64("first").getValue(),
        document.getInt32("count").getValue());
  }

  /// Whether the key that `document` decodes to can be seen.
  static boolean isVisible(KeyEntry entry, BsonDocument document, View view) {
    return view.seesKey(
        entry, document.getInt64("epoch").getValue(), document.getInt64("turn").getValue());
  }

  private static KeyHash hash(BsonDocument document, String field) {
    return KeyHash.of(document.getBinary(field).getData());
  }
}

package io.querator.storage.mongo;

import io.querator.storage.StoredLease;
import io.querator.storage.encoding.HeldItems;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;

/// Leases as documents.
final class LeaseDocuments {
  private LeaseDocuments() {}

  static BsonDocument encode(StoredLease lease) {
    HeldItems held = new HeldItems(lease.positions(), lease.attempts());
    return new BsonDocument("_id", new BsonString(Ids.lease(lease.id())))
        .append("id", new BsonInt64(lease.id()))
        .append("client", new BsonString(lease.client()))
        .append("deadline", new BsonInt64(lease.deadline()))
        .append("items", new BsonInt32(lease.positions().length))
        .append("held", new BsonBinary(held.encode()));
  }

  static StoredLease decode(BsonDocument document) {
    HeldItems held =
        HeldItems.decode(
            document.getBinary("held").getData(), document.getInt32("items").getValue());
    return new StoredLease(
        document.getInt64("id").getValue(),
        document.getString("client").getValue(),
        document.getInt64("deadline").getValue(),
        held.positions(),
        held.attempts());
  }
}

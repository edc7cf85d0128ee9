package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Indexes;
import io.querator.storage.PartitionKey;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bson.conversions.Bson;

/// The collections of a database: one for each partition, and three more.
///
/// @param byName for what must answer soon
/// @param patient the same for what may take minutes
/// @param names of all that exist
record Collections(
    Function<String, Documents> byName,
    Function<String, Documents> patient,
    Supplier<List<String>> names) {
  /// The partitions that exist.
  Documents partition() {
    return byName.apply("partition");
  }

  /// The catalogue.
  Documents queue() {
    return byName.apply("queue");
  }

  /// What concerns the database as a whole.
  Documents storage() {
    return byName.apply("storage");
  }

  Documents items(PartitionKey key) {
    return byName.apply(Ids.collection(key));
  }

  Documents itemsPatiently(PartitionKey key) {
    return patient.apply(Ids.collection(key));
  }

  /// Makes the indexes of a partition, and so its collection. Only a document that has the field is
  /// in an index: not-ready items, and keys.
  void create(PartitionKey key) {
    Documents items = items(key);
    index(items, Indexes.ascending("due_at", "_id"), "due_at");
    index(items, Indexes.ascending("hash"), "hash");
  }

  private static void index(Documents items, Bson keys, String field) {
    items.createIndex(keys, Filters.exists(field));
  }

  /// Drops a collection; does nothing if there is none.
  void drop(String name) {
    try {
      byName.apply(name).drop();
    } catch (MongoException e) {
      if (!MongoErrors.isMissing(e)) {
        throw e;
      }
    }
  }
}

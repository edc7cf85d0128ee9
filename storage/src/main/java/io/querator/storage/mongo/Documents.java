package io.querator.storage.mongo;

import com.mongodb.client.AggregateIterable;
import com.mongodb.client.ClientSession;
import com.mongodb.client.FindIterable;
import com.mongodb.client.MongoClient;
import com.mongodb.client.MongoCollection;
import com.mongodb.client.MongoCursor;
import com.mongodb.client.model.IndexOptions;
import com.mongodb.client.model.InsertManyOptions;
import com.mongodb.client.model.ReplaceOptions;
import com.mongodb.client.model.UpdateOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// One collection. Every method throws [MongoException]; who calls says what that means. Safe for
/// use by many threads.
final class Documents {
  private static final InsertManyOptions ORDERED = new InsertManyOptions().ordered(true);
  private static final UpdateOptions UPSERT = new UpdateOptions().upsert(true);
  private static final ReplaceOptions NO_UPSERT = new ReplaceOptions().upsert(false);

  private final MongoClient client;
  private final MongoCollection<BsonDocument> collection;
  private final CausalClock clock;

  Documents(MongoClient client, MongoCollection<BsonDocument> collection, CausalClock clock) {
    this.client = client;
    this.collection = collection;
    this.clock = clock;
  }

  private <T> T run(Function<@Nullable ClientSession, T> operation) {
    return clock.run(client, operation);
  }

  /// Inserts in the given order, and stops at the first that fails.
  void insert(List<BsonDocument> documents) {
    run(session ->
        session == null
            ? collection.insertMany(documents, ORDERED)
            : collection.insertMany(session, documents, ORDERED));
  }

  /// @return how many there were
  long delete(Bson filter) {
    return run(session ->
            session == null
                ? collection.deleteMany(filter)
                : collection.deleteMany(session, filter))
        .getDeletedCount();
  }

  /// Changes the one document that fits, or adds it.
  void upsert(Bson filter, Bson update) {
    run(session ->
        session == null
            ? collection.updateOne(filter, update, UPSERT)
            : collection.updateOne(session, filter, update, UPSERT));
  }

  /// Changes the one document that fits, if there is one.
  void update(Bson filter, Bson update) {
    run(session ->
        session == null
            ? collection.updateOne(filter, update)
            : collection.updateOne(session, filter, update));
  }

  /// @return whether there was one
  boolean replace(Bson filter, BsonDocument replacement) {
    return run(session ->
            session == null
                ? collection.replaceOne(filter, replacement, NO_UPSERT)
                : collection.replaceOne(session, filter, replacement, NO_UPSERT))
            .getMatchedCount()
        == 1;
  }

  List<BsonDocument> list(Query query) {
    List<BsonDocument> found = new ArrayList<>();
    read(query, found::add);
    return found;
  }

  @Nullable BsonDocument first(Query query) {
    List<BsonDocument> found = list(query.first(1));
    return found.isEmpty() ? null : found.getFirst();
  }

  /// Gives what is found to `sink`, until that says false.
  void read(Query query, Predicate<BsonDocument> sink) {
    run(session -> {
      FindIterable<BsonDocument> found =
          session == null
              ? collection.find(query.filter())
              : collection.find(session, query.filter());
      found.sort(query.sort()).projection(query.projection()).limit(query.limit());
      if (query.limit() > 1) {
        found.batchSize(query.limit());
      }
      try (MongoCursor<BsonDocument> cursor = found.cursor()) {
        while (cursor.hasNext() && sink.test(cursor.next())) {
          // The sink keeps what it wants.
        }
      }
      return true;
    });
  }

  List<BsonDocument> aggregate(List<? extends Bson> pipeline, Duration atMost) {
    return run(session -> {
      AggregateIterable<BsonDocument> results =
          session == null
              ? collection.aggregate(pipeline)
              : collection.aggregate(session, pipeline);
      return results.maxTime(atMost.toMillis(), TimeUnit.MILLISECONDS).into(new ArrayList<>());
    });
  }

  /// Makes an index of the documents that have `field`; does nothing if it exists.
  void createIndex(Bson keys, Bson documents) {
    IndexOptions options = new IndexOptions().partialFilterExpression(documents);
    run(session ->
        session == null
            ? collection.createIndex(keys, options)
            : collection.createIndex(session, keys, options));
  }

  void drop() {
    run(session -> {
      if (session == null) {
        collection.drop();
      } else {
        collection.drop(session);
      }
      return true;
    });
  }
}

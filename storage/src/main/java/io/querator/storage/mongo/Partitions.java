package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Updates;
import io.querator.storage.PartitionKey;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes, lists and drops partitions. Times are microseconds since 1970-01-01T00:00Z by the
/// database's clock.
///
/// A dropped partition leaves its log's openings behind for a while: an insert that arrives late
/// finds its number taken, instead of a collection that it makes anew. What arrives later still has
/// no partition, and is dropped.
final class Partitions {
  private static final Logger log = LoggerFactory.getLogger(Partitions.class);

  private static final int DELETED_AT_ONCE = 10_000;
  private static final long REMEMBERED_MICROS = Duration.ofHours(1).toNanos() / 1_000;

  private final Collections collections;
  private final TakeOver takeOver;

  Partitions(Collections collections, TakeOver takeOver) {
    this.collections = collections;
    this.takeOver = takeOver;
  }

  /// A partition is entered before its collection is made, so that a collection without an entry
  /// belongs to nothing.
  void create(PartitionKey key, long now) {
    Bson entry = Filters.eq("_id", key.toString());
    collections.partition().upsert(entry, Updates.setOnInsert("created_at", now));
    BsonDocument there = collections.partition().first(Query.of(entry));
    if (there != null && !there.containsKey("dropped_at")) {
      collections.create(key);
      takeOver.makeFirst(key, now);
    }
  }

  void drop(PartitionKey key, long now) {
    if (takeOver.condemn(key, now)) {
      deleteAll(collections.items(key));
    }
    collections
        .partition()
        .update(Filters.eq("_id", key.toString()), Updates.set("dropped_at", now));
  }

  /// Everything but the openings, some at a time: there may be millions.
  private static void deleteAll(Documents items) {
    Query some =
        Query.of(Filters.exists("open", false))
            .fields(Projections.include("_id"))
            .first(DELETED_AT_ONCE);
    for (List<BsonDocument> found = items.list(some); !found.isEmpty(); found = items.list(some)) {
      items.delete(
          Filters.and(
              Filters.in("_id", found.stream().map(document -> document.get("_id")).toList()),
              Filters.exists("open", false)));
    }
  }

  /// Those made before `before` whose dropping has not ended.
  Set<PartitionKey> created(long before) {
    Bson entries =
        Filters.and(Filters.lt("created_at", before), Filters.exists("dropped_at", false));
    return keys(entries);
  }

  private Set<PartitionKey> keys(Bson entries) {
    Set<PartitionKey> keys = new HashSet<>();
    collections
        .partition()
        .read(
            Query.of(entries).fields(Projections.include("_id")),
            entry -> {
              keys.add(PartitionKey.parse(entry.getString("_id").getValue()));
              return true;
            });
    return keys;
  }

  /// Drops what is left of partitions that were dropped long ago, and collections that a late
  /// insert made anew: those are not listed, and have no first record.
  void forget(long now) {
    List<String> collectionNames = collections.names().get();
    for (PartitionKey key : keys(Filters.lt("dropped_at", now - REMEMBERED_MICROS))) {
      collections.drop(Ids.collection(key));
      collections.partition().delete(Filters.eq("_id", key.toString()));
    }
    Set<PartitionKey> known = keys(Filters.empty());
    for (String name : collectionNames) {
      PartitionKey key = Ids.partition(name);
      if (key != null
          && !known.contains(key)
          && new PartitionLog(collections.items(key)).get(0) == null) {
        collections.drop(name);
        log.atInfo().addKeyValue("collection", name).log("dropped a collection of no partition");
      }
    }
  }
}

package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import io.querator.storage.Catalogue;
import io.querator.storage.Location;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.Relocation;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bson.BsonArray;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.bson.BsonString;
import org.bson.BsonValue;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// Keeps queue definitions in a collection, a document a queue. Safe for use by many threads.
public final class MongoCatalogue implements Catalogue {
  private static final Comparator<QueueRecord> BY_NAME =
      Comparator.comparing(
          queue -> queue.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private final Documents documents;

  MongoCatalogue(Documents documents) {
    this.documents = documents;
  }

  @Override
  public List<QueueRecord> queues() {
    List<QueueRecord> queues = new ArrayList<>();
    MongoErrors.translated(
        "read queues",
        () -> {
          documents.read(Query.of(Filters.empty()), found -> queues.add(decode(found)));
          return queues;
        });
    queues.sort(BY_NAME);
    return queues;
  }

  @Override
  public Optional<QueueRecord> queue(String name) {
    return MongoErrors.translated(
        "read a queue",
        () ->
            Optional.ofNullable(documents.first(Query.of(Filters.eq("_id", name))))
                .map(MongoCatalogue::decode));
  }

  @Override
  public Map<String, Long> versions() {
    Map<String, Long> versions = new HashMap<>();
    return MongoErrors.translated(
        "read the versions of queues",
        () -> {
          documents.read(
              Query.of(Filters.empty()).fields(Projections.include("version")),
              found -> {
                versions.put(text(found, "_id"), longAt(found, "version"));
                return true;
              });
          return versions;
        });
  }

  @Override
  public boolean create(QueueRecord queue) {
    return MongoErrors.translated(
        "create a queue",
        () -> {
          try {
            documents.insert(List.of(encode(queue)));
            return true;
          } catch (MongoException e) {
            if (MongoErrors.isDuplicateKey(e)) {
              return false;
            }
            throw e;
          }
        });
  }

  @Override
  public boolean replace(QueueRecord queue) {
    return MongoErrors.translated(
        "replace a queue",
        () -> documents.replace(at(queue.name(), queue.version() - 1), encode(queue)));
  }

  @Override
  public boolean delete(String name, long version) {
    return MongoErrors.translated("delete a queue", () -> documents.delete(at(name, version)) == 1);
  }

  private static Bson at(String name, long version) {
    return Filters.and(Filters.eq("_id", name), Filters.eq("version", version));
  }

  private static BsonDocument encode(QueueRecord queue) {
    return new BsonDocument("_id", new BsonString(queue.name()))
        .append("version", new BsonInt64(queue.version()))
        .append("namespace", new BsonString(queue.namespace()))
        .append("created_at", micros(queue.createdAt()))
        .append("updated_at", micros(queue.updatedAt()))
        .append("dead_queue", new BsonString(queue.deadQueue()))
        .append("reference", new BsonString(queue.reference()))
        .append("lease_timeout_micros", new BsonInt64(Micros.of(queue.leaseTimeout())))
        .append("expire_timeout_micros", new BsonInt64(Micros.of(queue.expireTimeout())))
        .append("max_attempts", new BsonInt32(queue.maxAttempts()))
        .append("requested_partitions", new BsonInt32(queue.requestedPartitions()))
        .append("partitions", partitions(queue.partitions()))
        .append("previous_partitions", new BsonInt32(queue.previousPartitions()))
        .append("repartitioned_at", micros(queue.repartitionedAt()));
  }

  private static BsonArray partitions(List<PartitionRecord> partitions) {
    BsonArray array = new BsonArray();
    for (PartitionRecord partition : partitions) {
      BsonDocument document =
          new BsonDocument("index", new BsonInt32(partition.index()))
              .append("key", new BsonString(partition.key().toString()))
              .append("storage", new BsonString(partition.storage()))
              .append("location", new BsonString(partition.location().key().toString()))
              .append("state", new BsonString(partition.state().name()));
      Relocation relocation = partition.relocation();
      if (relocation != null) {
        document.append("moves_to", new BsonString(relocation.storage()));
        if (relocation.copy() != null) {
          document.append("copy", new BsonString(relocation.copy().toString()));
        }
      }
      array.add(document);
    }
    return array;
  }

  private static BsonInt64 micros(Instant instant) {
    return new BsonInt64(Micros.of(instant));
  }

  private static QueueRecord decode(BsonDocument document) {
    return new QueueRecord(
        text(document, "_id"),
        longAt(document, "version"),
        text(document, "namespace"),
        instant(document, "created_at"),
        instant(document, "updated_at"),
        text(document, "dead_queue"),
        text(document, "reference"),
        duration(document, "lease_timeout_micros"),
        duration(document, "expire_timeout_micros"),
        intAt(document, "max_attempts"),
        intAt(document, "requested_partitions"),
        document.getArray("partitions").stream().map(MongoCatalogue::partition).toList(),
        intAt(document, "previous_partitions"),
        instant(document, "repartitioned_at"));
  }

  private static PartitionRecord partition(BsonValue value) {
    BsonDocument document = value.asDocument();
    PartitionKey key = PartitionKey.parse(text(document, "key"));
    // missing in what was written before partitions could move
    PartitionKey location = key(document, "location");
    return new PartitionRecord(
        intAt(document, "index"),
        key,
        new Location(text(document, "storage"), location == null ? key : location),
        document.containsKey("moves_to")
            ? new Relocation(text(document, "moves_to"), key(document, "copy"))
            : null,
        PartitionRecord.State.valueOf(text(document, "state")));
  }

  private static @Nullable PartitionKey key(BsonDocument document, String field) {
    return document.containsKey(field) ? PartitionKey.parse(text(document, field)) : null;
  }

  private static String text(BsonDocument document, String field) {
    return document.getString(field).getValue();
  }

  private static int intAt(BsonDocument document, String field) {
    return document.getInt32(field).getValue();
  }

  private static long longAt(BsonDocument document, String field) {
    return document.getInt64(field).getValue();
  }

  private static Instant instant(BsonDocument document, String field) {
    return Micros.instant(longAt(document, field));
  }

  private static Duration duration(BsonDocument document, String field) {
    return Micros.duration(longAt(document, field));
  }
}

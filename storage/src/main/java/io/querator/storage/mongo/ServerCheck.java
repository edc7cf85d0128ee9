package io.querator.storage.mongo;

import io.querator.storage.StorageException;
import java.util.List;
import org.bson.BsonDocument;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks whether the server is what the storage relies on, and says what to change.
final class ServerCheck {
  private static final Logger log = LoggerFactory.getLogger(ServerCheck.class);

  /// The oldest that knows everything that is used, and whose members journal before they agree.
  private static final int OLDEST_VERSION = 500;

  private final String storage;

  /// @param storage name of the storage, for messages
  ServerCheck(String storage) {
    this.storage = storage;
  }

  /// @throws StorageException.Corrupt if a person must change something
  /// @throws StorageException.Unavailable if there is no primary now
  void check(Server server) {
    require(
        server.versionNumber() >= OLDEST_VERSION,
        "MongoDB 5.0 or newer is needed, this is " + server.version());
    if (!server.writable()) {
      throw new StorageException.Unavailable(
          "storage "
              + storage
              + ": the server is not the primary; name all members and replicaSet=… in the url, and"
              + " leave directConnection out",
          null);
    }
    switch (server.kind()) {
      case STANDALONE ->
          warn(
              "the server is stand-alone: what is acknowledged survives a crash of the server by its journal, but"
                  + " not the loss of its disk, and there is no failover. Make it a replica set of three members"
                  + " for that");
      case REPLICA_SET -> {
        if (server.arbiters() > 0) {
          warn(
              "the replica set has an arbiter: while one of its members with data is down, no write is agreed on"
                  + " by a majority, and the queue stands still. Replace the arbiter by a member with data");
        }
      }
      case SHARDED ->
          log.atInfo()
              .addKeyValue("storage", storage)
              .log("the server is a router of a sharded cluster");
    }
  }

  /// Whole collections may lie on different shards; one collection may not.
  ///
  /// @param collections of this database, as `config.collections` has them
  /// @throws StorageException.Corrupt if one is spread over shards
  void checkSharding(List<BsonDocument> collections) {
    for (BsonDocument collection : collections) {
      BsonDocument key = collection.getDocument("key", new BsonDocument());
      require(
          key.isEmpty() || isTrue(collection, "unsplittable") || isTrue(collection, "dropped"),
          "the collection "
              + collection.getString("_id").getValue()
              + " is sharded on "
              + key.toJson()
              + ": an _id may occur twice, or a turn may be kept by one shard and lost by another. Move it to"
              + " one shard with sh.unshardCollection() (MongoDB 8.0), or drop it and make the queue again");
    }
  }

  private static boolean isTrue(BsonDocument document, String field) {
    return document.containsKey(field)
        && document.get(field).isBoolean()
        && document.getBoolean(field).getValue();
  }

  private void require(boolean met, String otherwise) {
    if (!met) {
      throw new StorageException.Corrupt("storage " + storage + ": " + otherwise, null);
    }
  }

  private void warn(String text) {
    log.atWarn().addKeyValue("storage", storage).log(text);
  }
}

package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import com.mongodb.client.model.Sorts;
import com.mongodb.client.model.Updates;
import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// The log of one partition.
final class PartitionLog {
  /// The end of a log.
  ///
  /// @param last the last record
  /// @param state the last record that tells how the partition stands; `last`, unless that is a
  ///   wall
  /// @param open the record that began the epoch of `state`; may be `state` itself
  record Head(LogRecord last, LogRecord.State state, LogRecord.Open open) {
    /// The ends of all epochs that have something.
    List<End> ends() {
      if (!(state instanceof LogRecord.Turn turn)) {
        return open.ends();
      }
      List<End> ends = new ArrayList<>(open.ends());
      ends.add(new End(turn.epoch(), turn.end(), turn.number()));
      return ends;
    }
  }

  private final Documents documents;

  PartitionLog(Documents documents) {
    this.documents = documents;
  }

  /// The end of the log; null if the partition does not exist.
  @Nullable Head head() {
    return switch (last()) {
      case null -> null;
      case LogRecord.State state -> new Head(state, state, opening(state));
      case LogRecord.Wall wall -> {
        LogRecord.State state = stateBelow(wall.number());
        yield new Head(wall, state, opening(state));
      }
    };
  }

  private LogRecord.Open opening(LogRecord.State state) {
    return switch (state) {
      case LogRecord.Open open -> open;
      case LogRecord.Turn turn -> {
        if (get(turn.opening()) instanceof LogRecord.Open open) {
          yield open;
        }
        throw new StorageException.Corrupt(
            ("turn %d belongs to an opening %d that is not there: was the database restored while a node"
                    + " was running? Stop all nodes, then restore it again")
                .formatted(turn.number(), turn.opening()),
            null);
      }
    };
  }

  /// The last record below `number` that is no wall.
  LogRecord.State stateBelow(long number) {
    Bson below =
        Filters.and(
            Filters.gte("_id", Ids.log(0)),
            Filters.lt("_id", Ids.log(number)),
            Filters.exists("wall", false));
    BsonDocument found = documents.first(Query.of(below).sorted(Sorts.descending("_id")));
    if (found == null) {
      throw new StorageException.Corrupt("a log begins with a wall at " + number, null);
    }
    return LogDocuments.state(found);
  }

  /// The last record, null if there is none.
  @Nullable LogRecord last() {
    BsonDocument found =
        documents.first(Query.of(Ids.allLog()).sorted(Sorts.descending("_id")).first(1));
    return found == null ? null : LogDocuments.decode(found);
  }

  @Nullable LogRecord get(long number) {
    BsonDocument found = documents.first(Query.of(Filters.eq("_id", Ids.log(number))));
    return found == null ? null : LogDocuments.decode(found);
  }

  /// @return whether it is there now; false if the number is taken
  boolean insert(LogRecord.Open open, long openedAt) {
    return insert(LogDocuments.encode(open, openedAt));
  }

  /// @return whether it is there now; false if the number is taken
  boolean insert(LogRecord.Wall wall) {
    return insert(LogDocuments.encode(wall));
  }

  private boolean insert(BsonDocument document) {
    try {
      documents.insert(List.of(document));
      return true;
    } catch (MongoException e) {
      if (MongoErrors.isDuplicateKey(e)) {
        return false;
      }
      throw e;
    }
  }

  /// The removals of turns after `from`, up to `to`.
  List<Removal> removals(long from, long to) {
    List<Removal> removals = new ArrayList<>();
    Bson range = Filters.and(Filters.gt("_id", Ids.log(from)), Filters.lte("_id", Ids.log(to)));
    documents.read(
        Query.of(range).sorted(Sorts.ascending("_id")),
        document -> {
          if (LogDocuments.decode(document) instanceof LogRecord.Turn turn
              && !turn.removal().isEmpty()) {
            removals.add(turn.removal());
          }
          return true;
        });
    return removals;
  }

  /// The first item from `from` to `to`, debris or not; null if there is none.
  @Nullable Long firstItem(long from, long to) {
    BsonDocument found = firstId(Filters.and(Filters.gte("_id", from), Filters.lte("_id", to)));
    return found == null ? null : ItemDocuments.position(found);
  }

  /// The first lease from `id` on, debris or not; null if there is none.
  @Nullable Long firstLease(long id) {
    BsonDocument found = firstId(Ids.leasesFrom(id));
    return found == null ? null : Ids.number(found.getString("_id").getValue());
  }

  /// Where the first key from `place` on lies, debris or not; null if there is none.
  Ids.@Nullable KeyPlace firstKey(Ids.KeyPlace place) {
    BsonDocument found = firstId(Ids.keysFrom(place));
    return found == null ? null : Ids.placeOfKey(found.getString("_id").getValue());
  }

  /// Whether there is no item and no lease, not even debris.
  boolean isEmpty() {
    return firstItem(Long.MIN_VALUE, Long.MAX_VALUE) == null && firstLease(0) == null;
  }

  private @Nullable BsonDocument firstId(Bson filter) {
    return documents.first(
        Query.of(filter).sorted(Sorts.ascending("_id")).fields(Projections.include("_id")));
  }

  /// Deletes the records of turns from `from` to `to`: never one of an opening.
  void trim(long from, long to) {
    documents.delete(
        Filters.and(
            Filters.gte("_id", Ids.log(from)),
            Filters.lte("_id", Ids.log(to)),
            Filters.exists("open", false)));
  }

  /// Takes the ends out of a record of an opening that a later one has followed for certain, so
  /// that what stays for ever is small.
  void shrink(long opening) {
    documents.update(Filters.eq("_id", new BsonString(Ids.log(opening))), Updates.unset("ends"));
  }
}

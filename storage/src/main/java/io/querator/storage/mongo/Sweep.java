package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Projections;
import io.querator.storage.PositionRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;

/// Deletes what no committed turn wrote. It is never read, so this only frees its space.
///
/// Debris of the current epoch is left alone: it may be a turn that is just being written.
final class Sweep {
  /// Pieces of payloads that one pass looks at.
  private static final int PARTS_AT_ONCE = 10_000;

  private static final Bson ID = Projections.include("_id");

  private final Documents documents;
  private final Bounds bounds;

  Sweep(Documents documents, Bounds bounds) {
    this.documents = documents;
    this.bounds = bounds;
  }

  /// Items, leases and keys.
  void debris() {
    List<Bson> ranges = new ArrayList<>();
    for (PositionRange gap : bounds.debris()) {
      ranges.add(Filters.and(Filters.gte("_id", gap.from()), Filters.lte("_id", gap.to())));
      ranges.add(
          Filters.and(
              Filters.gte("_id", Long.MIN_VALUE | gap.from()),
              Filters.lte("_id", Long.MIN_VALUE | gap.to())));
      ranges.add(
          Filters.and(
              Filters.gte("_id", Ids.lease(gap.from())), Filters.lte("_id", Ids.lease(gap.to()))));
    }
    if (!ranges.isEmpty()) {
      documents.delete(Filters.or(ranges));
    }
    documents.delete(
        Filters.and(Ids.allKeys(), Filters.lt("epoch", bounds.epoch()), Filters.or(unrealKeys())));
  }

  private List<Bson> unrealKeys() {
    List<Bson> unreal = new ArrayList<>();
    List<Long> known = new ArrayList<>();
    for (End end : bounds.ends()) {
      known.add(end.epoch());
      unreal.add(Filters.and(Filters.eq("epoch", end.epoch()), Filters.gt("turn", end.turn())));
    }
    unreal.add(Filters.nin("epoch", known));
    return unreal;
  }

  /// Pieces of payloads whose item is gone.
  ///
  /// @return whether there are pieces left
  boolean parts() {
    List<String> ids = new ArrayList<>();
    Set<Long> positions = new HashSet<>();
    Query pieces = Query.of(Ids.allParts()).fields(ID).first(PARTS_AT_ONCE);
    for (BsonDocument piece : documents.list(pieces)) {
      String id = piece.getString("_id").getValue();
      ids.add(id);
      positions.add(Ids.positionOfPart(id));
    }
    if (ids.isEmpty()) {
      return false;
    }
    positions.removeIf(position -> !bounds.isSettled(position));
    for (BsonDocument item : documents.list(Query.of(Filters.in("_id", positions)).fields(ID))) {
      positions.remove(ItemDocuments.position(item));
    }
    ids.removeIf(id -> !positions.contains(Ids.positionOfPart(id)));
    if (!ids.isEmpty()) {
      documents.delete(Filters.in("_id", ids));
    }
    return true;
  }
}

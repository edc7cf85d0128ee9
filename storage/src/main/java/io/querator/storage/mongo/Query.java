package io.querator.storage.mongo;

import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// What to find.
///
/// @param sort null: in no particular order
/// @param projection null: whole documents
/// @param limit how many documents at most; 0: all
record Query(Bson filter, @Nullable Bson sort, @Nullable Bson projection, int limit) {
  static Query of(Bson filter) {
    return new Query(filter, null, null, 0);
  }

  Query sorted(Bson by) {
    return new Query(filter, by, projection, limit);
  }

  Query fields(@Nullable Bson wanted) {
    return new Query(filter, sort, wanted, limit);
  }

  Query first(int count) {
    return new Query(filter, sort, projection, count);
  }
}

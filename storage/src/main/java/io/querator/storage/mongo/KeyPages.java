package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import java.util.ArrayList;
import java.util.List;
import org.bson.BsonBinary;
import org.bson.BsonDocument;
import org.bson.BsonString;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;

/// Reads all keys of a partition by minute and hash, page by page. For one page.
///
/// A key's `_id` begins with its minute, so a minute is a range of it, and the server sorts what
/// that has by hash, keeping a page. Kept keys are one minute that may hold millions: they are read
/// along the index of keys by hash, which passes by all others once.
final class KeyPages {
  private static final KeyHash FIRST = new KeyHash(0, 0);

  private final View view;
  private final PartitionLog records;

  KeyPages(View view) {
    this.view = view;
    this.records = new PartitionLog(view.documents());
  }

  List<KeyEntry> after(@Nullable KeyEntry after, int max) {
    List<KeyEntry> page = new ArrayList<>();
    if (after != null) {
      readMinute(after.minute(), Filters.gt("hash", binary(after.hash())), max, page);
    }
    Integer minute = after == null ? minuteFrom(0) : minuteAfter(after.minute());
    while (minute != null && page.size() < max) {
      readMinute(minute, Filters.gte("hash", binary(FIRST)), max, page);
      minute = minuteAfter(minute);
    }
    return page;
  }

  private @Nullable Integer minuteAfter(int minute) {
    return minute == KeyEntry.KEPT ? null : minuteFrom(minute + 1);
  }

  /// The first minute from `minute` on that has keys, debris or not; null if there is none.
  private @Nullable Integer minuteFrom(int minute) {
    Ids.KeyPlace found = records.firstKey(new Ids.KeyPlace(minute, 0));
    return found == null ? null : found.minute();
  }

  /// Adds keys of `minute` to `page` until that has `max`. Debris may have the same hash as a key
  /// that is real, so where a request ends in the middle of a hash, the next one takes up the rest
  /// of it.
  private void readMinute(int minute, Bson fromHash, int max, List<KeyEntry> page) {
    Bson from = fromHash;
    List<BsonString> ofLastHash = new ArrayList<>();
    boolean more = true;
    while (more && page.size() < max) {
      int wanted = max - page.size();
      List<BsonDocument> found =
          view.documents().list(keys(minute, from).sorted(Sorts.ascending("hash")).first(wanted));
      for (BsonDocument document : found) {
        KeyEntry entry = KeyDocuments.decode(document);
        if (KeyDocuments.isVisible(entry, document, view)) {
          page.add(entry);
        }
      }
      more = found.size() == wanted;
      if (more) {
        from = restFrom(found, ofLastHash);
      }
    }
  }

  /// @param ofLastHash ids of documents with the last hash that were read before; becomes those of
  ///   the last hash of `found`
  private static Bson restFrom(List<BsonDocument> found, List<BsonString> ofLastHash) {
    BsonBinary last = found.getLast().getBinary("hash");
    if (!found.getFirst().getBinary("hash").equals(last)) {
      ofLastHash.clear();
    }
    found.stream()
        .filter(document -> document.getBinary("hash").equals(last))
        .forEach(document -> ofLastHash.add(document.getString("_id")));
    return Filters.and(Filters.gte("hash", last), Filters.nin("_id", ofLastHash));
  }

  /// The first part for kept keys is what the index is made for; see [Collections#create].
  private static Query keys(int minute, Bson fromHash) {
    Bson ofMinute =
        minute == KeyEntry.KEPT
            ? Filters.and(Filters.exists("hash"), Filters.eq("minute", minute))
            : Ids.keysOfMinute(minute);
    return Query.of(Filters.and(ofMinute, fromHash));
  }

  private static BsonBinary binary(KeyHash hash) {
    return new BsonBinary(hash.bytes());
  }
}

package io.querator.storage.mongo;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.StoredLease;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bson.BsonBinary;
import org.bson.conversions.Bson;

/// Reads what is kept of a partition besides its items.
final class PartitionReads {
  private final View view;

  PartitionReads(View view) {
    this.view = view;
  }

  List<StoredLease> leases() {
    List<StoredLease> leases = new ArrayList<>();
    Query query = Query.of(Ids.allLeases()).sorted(Sorts.ascending("_id"));
    view.documents()
        .read(
            query,
            document -> {
              StoredLease lease = LeaseDocuments.decode(document);
              if (view.seesLease(lease.id())) {
                leases.add(lease);
              }
              return true;
            });
    return leases;
  }

  Map<KeyHash, KeyEntry> keys(Set<KeyHash> hashes, int fromMinute) {
    if (hashes.isEmpty()) {
      return Map.of();
    }
    List<BsonBinary> sought = hashes.stream().map(hash -> new BsonBinary(hash.bytes())).toList();
    Bson filter = Filters.and(Ids.byHash(sought), Filters.gte("minute", fromMinute));
    Map<KeyHash, KeyEntry> found = new HashMap<>();
    view.documents()
        .read(
            Query.of(filter),
            document -> {
              KeyEntry entry = KeyDocuments.decode(document);
              if (KeyDocuments.isVisible(entry, document, view)) {
                found.merge(
                    entry.hash(),
                    entry,
                    (one, other) -> one.minute() >= other.minute() ? one : other);
              }
              return true;
            });
    return found;
  }
}

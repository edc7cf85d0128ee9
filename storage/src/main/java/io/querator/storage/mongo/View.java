package io.querator.storage.mongo;

import io.querator.storage.KeyEntry;
import io.querator.storage.PositionRange;
import java.util.List;

/// What a reader sees of a collection: what is real, but for what is removed and not deleted yet.
/// Immutable; taken before the documents are read.
record View(Documents documents, Bounds bounds, List<Removal> removals) {
  View {
    removals = List.copyOf(removals);
  }

  /// The same for items of `range`. While a count runs, removals are many, but hardly any is where
  /// items are read.
  View near(PositionRange range) {
    return new View(
        documents, bounds, removals.stream().filter(removal -> removal.touches(range)).toList());
  }

  boolean seesItem(long position) {
    return bounds.isReal(position)
        && removals.stream().noneMatch(removal -> removal.removesItem(position));
  }

  boolean seesLease(long id) {
    return bounds.isReal(id) && removals.stream().noneMatch(removal -> removal.removesLease(id));
  }

  boolean seesKey(KeyEntry entry, long epoch, long turn) {
    return bounds.isRealKey(epoch, turn)
        && (entry.minute() != KeyEntry.KEPT
            || removals.stream().noneMatch(removal -> removal.removesKey(entry.hash(), turn)));
  }
}

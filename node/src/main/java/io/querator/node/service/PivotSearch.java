package io.querator.node.service;

import io.querator.queue.ItemId;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds where the ids of a partition's rows reach a pivot, which may be any KSUID.
///
/// Ids rise with positions, since the second in them never falls. So a binary search over positions
/// finds it, one row at a time.
final class PivotSearch {
  private final PartitionKey partition;
  private final PartitionStore store;
  private final Opened opened;
  private final PositionRange range;

  /// @param partition whose ids are compared
  /// @param range all ready, or all not-ready positions
  PivotSearch(PartitionKey partition, PartitionStore store, Opened opened, PositionRange range) {
    this.partition = partition;
    this.store = store;
    this.opened = opened;
    this.range = range;
  }

  /// A position such that the rows from there on have ids at or after `pivot`, and no others have.
  long firstNotBefore(ItemId pivot) {
    if (pivot.partition().equals(partition) && range.contains(pivot.position())) {
      // an id that this partition gave, or the one before it
      long from = pivot.positionNotBefore();
      ItemHead next = first(from, range.to());
      if (next != null && ItemId.of(partition, next).second() == pivot.second()) {
        return from;
      }
    }
    long low = range.from();
    long high = range.to();
    while (low < high) {
      long middle = low + ((high - low) >>> 1);
      ItemHead row = first(middle, high - 1);
      if (row == null || ItemId.of(partition, row).compareTo(pivot) >= 0) {
        high = middle;
      } else {
        low = row.position() + 1;
      }
    }
    return low;
  }

  private @Nullable ItemHead first(long from, long to) {
    List<ItemHead> rows = store.heads(opened, new PositionRange(from, to), 1);
    return rows.isEmpty() ? null : rows.getFirst();
  }
}

package io.querator.node.service;

import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.util.Arrays;
import java.util.List;

/// The rows of a partition in pages, in the order of their positions. Used by one thread.
///
/// Below the low-water mark it reads only what is under a lease: the rest there is garbage, perhaps
/// millions of rows of it.
final class RowPages {
  /// About what a page holds, unless its first item is larger.
  static final long BYTES = 1 << 20;

  private static final int ITEMS = 500;
  private static final PageLimit LIMIT = new PageLimit(ITEMS, BYTES);

  /// Rows that are read by their positions before it is known how large they are.
  private static final int FIRST_ITEMS = 8;

  private final PartitionStore store;
  private final Opened opened;
  private final PositionRange range;
  private final long[] below;
  private int nextBelow;
  private int belowAtOnce = FIRST_ITEMS;
  private long next;
  private boolean ended;

  /// @param range all ready, or all not-ready positions
  /// @param from the first position wanted
  RowPages(PartitionStore store, Opened opened, PositionRange range, LowWater mark, long from) {
    this.store = store;
    this.opened = opened;
    this.range = range;
    boolean ready = range.equals(PositionRange.READY);
    long lowest = ready ? mark.ready() : mark.notReady();
    below = ready && from < lowest ? leased(from, lowest) : new long[0];
    next = Math.max(from, lowest);
  }

  private long[] leased(long from, long to) {
    return store.leases(opened).stream()
        .map(StoredLease::positions)
        .flatMapToLong(Arrays::stream)
        .filter(position -> from <= position && position < to)
        .sorted()
        .distinct()
        .toArray();
  }

  /// The next rows, at least one if there are any.
  List<StoredItem> next() {
    while (nextBelow < below.length) {
      int to = Math.min(below.length, nextBelow + belowAtOnce);
      List<StoredItem> rows = store.items(opened, Arrays.copyOfRange(below, nextBelow, to));
      nextBelow = to;
      if (!rows.isEmpty()) {
        belowAtOnce = (int) Math.clamp(BYTES * rows.size() / bytes(rows), 1, ITEMS);
        return rows;
      }
    }
    if (ended) {
      return List.of();
    }
    List<StoredItem> rows = store.items(opened, new PositionRange(next, range.to()), LIMIT);
    if (rows.isEmpty() || rows.getLast().position() == range.to()) {
      ended = true;
    } else {
      next = rows.getLast().position() + 1;
    }
    return rows;
  }

  /// What rows take in memory; more than 0.
  static long bytes(List<StoredItem> rows) {
    return 1 + rows.stream().mapToLong(row -> row.content().sizeBytes()).sum();
  }
}

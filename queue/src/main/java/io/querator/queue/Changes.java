package io.querator.queue;

import io.querator.storage.Batch;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// What a turn changes, netted: a row or key occurs once. Owned by the partition loop.
final class Changes {
  private final List<StoredItem> items = new ArrayList<>();
  private final List<Move> moves = new ArrayList<>();
  private long[] removed = new long[16];
  private int removedCount;

  /// The positions that this turn takes away or moves, once somebody has asked.
  private @Nullable Set<Long> taken;

  private final Map<Long, StoredLease> leases = new LinkedHashMap<>();
  private final LongStream.Builder endedLeases = LongStream.builder();
  private final Map<KeyHash, KeyEntry> keys = new LinkedHashMap<>();
  private final Set<KeyHash> removedKeys = new LinkedHashSet<>();
  private @Nullable LowWater lowWater;
  private boolean empty = true;
  private int rows;
  private int expectedRemovals;

  void insert(StoredItem item) {
    items.add(item);
    touch();
  }

  void move(Move move) {
    moves.add(move);
    take(move.from());
  }

  void remove(long position) {
    if (removedCount == removed.length) {
      removed = Arrays.copyOf(removed, removedCount * 2);
    }
    removed[removedCount++] = position;
    take(position);
  }

  private void take(long position) {
    expectedRemovals++;
    if (taken != null) {
      taken.add(position);
    }
    touch();
  }

  /// Whether the row at `position` is taken away or moved.
  boolean takes(long position) {
    Set<Long> all = taken;
    if (all == null) {
      all = new HashSet<>();
      for (int i = 0; i < removedCount; i++) {
        all.add(removed[i]);
      }
      for (Move move : moves) {
        all.add(move.from());
      }
      taken = all;
    }
    return all.contains(position);
  }

  void lease(StoredLease lease) {
    leases.put(lease.id(), lease);
    touch();
  }

  /// Ends a lease. One that this turn begins is not written at all.
  void endLease(long id) {
    if (leases.remove(id) == null) {
      endedLeases.add(id);
    }
    touch();
  }

  /// Remembers a key. One that this turn removes stays as it is stored.
  void addKey(KeyEntry entry) {
    if (entry.minute() == KeyEntry.KEPT && removedKeys.remove(entry.hash())) {
      return;
    }
    keys.put(entry.hash(), entry);
    touch();
  }

  /// Forgets a kept key. One that this turn adds is not written at all.
  void removeKey(KeyHash hash) {
    if (keys.remove(hash) == null) {
      removedKeys.add(hash);
    }
    touch();
  }

  /// What this turn says of a key, or null if it says nothing.
  @Nullable KeyEntry added(KeyHash hash) {
    return keys.get(hash);
  }

  boolean removes(KeyHash hash) {
    return removedKeys.contains(hash);
  }

  void lowWater(LowWater mark) {
    lowWater = mark;
    empty = false;
  }

  /// The new mark, or null if it stays.
  @Nullable LowWater lowWater() {
    return lowWater;
  }

  private void touch() {
    empty = false;
    rows++;
  }

  boolean isEmpty() {
    return empty;
  }

  /// How many rows it writes or removes.
  int rows() {
    return rows;
  }

  /// How many rows it takes away or moves: what the store should find.
  int expectedRemovals() {
    return expectedRemovals;
  }

  Batch batch(Opened partition, TurnToken token) {
    long[] sorted = Arrays.copyOf(removed, removedCount);
    Arrays.sort(sorted);
    return new Batch(
        partition,
        token,
        items,
        moves,
        sorted,
        List.copyOf(leases.values()),
        endedLeases.build().sorted().toArray(),
        List.copyOf(keys.values()),
        List.copyOf(removedKeys),
        lowWater);
  }
}

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
  private final LongStream.Builder removed = LongStream.builder();
  private final List<StoredLease> leases = new ArrayList<>();
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
    expectedRemovals++;
    touch();
  }

  void remove(long position) {
    removed.add(position);
    expectedRemovals++;
    touch();
  }

  void lease(StoredLease lease) {
    leases.add(lease);
    touch();
  }

  void endLease(long id) {
    endedLeases.add(id);
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
    return new Batch(
        partition,
        token,
        items,
        moves,
        removed.build().sorted().toArray(),
        leases,
        endedLeases.build().sorted().toArray(),
        List.copyOf(keys.values()),
        List.copyOf(removedKeys),
        lowWater);
  }
}

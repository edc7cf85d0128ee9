package io.querator.storage.memory;

import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.Counting.Counts;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Micros;
import io.querator.storage.Move;
import io.querator.storage.OpenResult;
import io.querator.storage.PageLimit;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One partition: its rows and its fence. Guarded by the lock of the store.
final class MemoryPartition {
  private static final Comparator<Claim> BY_DECISION =
      Comparator.comparingLong(Claim::generation).thenComparingLong(Claim::version);

  private final Instant createdAt;
  private final TreeMap<Long, StoredItem> items = new TreeMap<>();
  private final TreeMap<Long, StoredLease> leases = new TreeMap<>();
  private final Map<KeyHash, TreeMap<Integer, KeyEntry>> keys = new HashMap<>();
  private Epoch epoch = Epoch.NONE;
  private @Nullable Claim claim;
  private LowWater lowWater = LowWater.NONE;

  /// The highest epoch that the partition is being filled with, [Epoch#NONE] if it is not.
  private Epoch filledUpTo = Epoch.NONE;

  MemoryPartition(Instant createdAt) {
    this.createdAt = createdAt;
  }

  Instant createdAt() {
    return createdAt;
  }

  Epoch epoch() {
    return epoch;
  }

  LowWater lowWater() {
    return lowWater;
  }

  long generation() {
    return claim == null ? 0 : claim.generation();
  }

  boolean isOlderThan(Claim other) {
    return claim == null || BY_DECISION.compare(claim, other) < 0;
  }

  boolean isHeldBy(Claim other) {
    return other.equals(claim);
  }

  /// Whether the epoch stands, and is this process's: a store that was restored may give one again.
  boolean admits(OpenResult.Opened opened) {
    return epoch.equals(opened.epoch())
        && claim != null
        && claim.incarnation().equals(opened.claim().incarnation());
  }

  /// @param again whether the holder goes on
  Epoch raise(Epoch seen, Claim by, boolean again) {
    filledUpTo = epoch.equals(Epoch.NONE) && !again ? seen : Epoch.NONE;
    epoch = new Epoch(Math.max(epoch.value(), seen.value()) + 1);
    claim = by;
    return epoch;
  }

  /// Writes all of `batch`.
  ///
  /// @return how many of the removed and moved rows were there
  /// @throws IllegalArgumentException if the batch breaks a rule
  long apply(Batch batch) {
    if (BatchRules.check(batch, filledUpTo)) {
      filledUpTo = Epoch.NONE;
    }
    long found = 0;
    for (long position : batch.removed()) {
      found += items.remove(position) == null ? 0 : 1;
    }
    for (Move move : batch.moves()) {
      StoredItem item = items.remove(move.from());
      if (item != null) {
        found++;
        items.put(move.to(), moved(item, move));
      }
    }
    batch.items().forEach(item -> items.put(item.position(), item));
    for (long id : batch.endedLeases()) {
      leases.remove(id);
    }
    batch.leases().forEach(lease -> leases.put(lease.id(), lease));
    batch.removedKeys().forEach(hash -> forget(hash, KeyEntry.KEPT));
    batch.keys().forEach(this::remember);
    if (batch.lowWater() != null) {
      rise(batch.lowWater());
    }
    return found;
  }

  private static StoredItem moved(StoredItem item, Move move) {
    ItemHead head = item.head();
    return new StoredItem(
        new ItemHead(
            move.to(),
            move.placedAt(),
            head.createdAt(),
            head.expireAt(),
            move.dueAt(),
            move.attempts(),
            head.maxAttempts(),
            move.sourceId() == null ? head.sourceId() : move.sourceId()),
        item.content());
  }

  private void rise(LowWater mark) {
    lowWater =
        new LowWater(
            Math.max(lowWater.ready(), mark.ready()),
            Math.max(lowWater.notReady(), mark.notReady()));
  }

  private void remember(KeyEntry entry) {
    keys.computeIfAbsent(entry.hash(), _ -> new TreeMap<>()).put(entry.minute(), entry);
  }

  private void forget(KeyHash hash, int minute) {
    keys.computeIfPresent(
        hash,
        (_, entries) -> {
          entries.remove(minute);
          return entries.isEmpty() ? null : entries;
        });
  }

  void pruneKeys(int beforeMinute) {
    keys.values().forEach(entries -> entries.headMap(beforeMinute).clear());
    keys.values().removeIf(Map::isEmpty);
  }

  private NavigableMap<Long, StoredItem> rows(PositionRange range) {
    return range.isEmpty() ? new TreeMap<>() : items.subMap(range.from(), true, range.to(), true);
  }

  boolean isEmpty() {
    return leases.isEmpty()
        && items.keySet().stream().noneMatch(at -> at < 0 || at >= lowWater.ready());
  }

  List<StoredItem> items(PositionRange range, PageLimit limit) {
    List<StoredItem> page = new ArrayList<>();
    long bytes = 0;
    for (StoredItem item : rows(range).values()) {
      if (page.size() == limit.items() || bytes >= limit.bytes()) {
        break;
      }
      page.add(item);
      bytes += item.content().sizeBytes();
    }
    return page;
  }

  List<StoredItem> items(long[] positions) {
    List<StoredItem> found = new ArrayList<>();
    for (long position : positions) {
      StoredItem item = items.get(position);
      if (item != null) {
        found.add(item);
      }
    }
    return found;
  }

  List<ItemHead> heads(PositionRange range, int max) {
    return rows(range).values().stream().limit(max).map(StoredItem::head).toList();
  }

  List<ItemHead> due(Due after, long until, int max) {
    return rows(PositionRange.NOT_READY).values().stream()
        .map(StoredItem::head)
        .filter(head -> head.dueAt() <= until && placeOf(head).compareTo(after) > 0)
        .sorted(Comparator.comparing(MemoryPartition::placeOf))
        .limit(max)
        .toList();
  }

  private static Due placeOf(ItemHead head) {
    return new Due(head.dueAt(), head.position());
  }

  List<StoredLease> leases() {
    return List.copyOf(leases.values());
  }

  Map<KeyHash, KeyEntry> keys(Set<KeyHash> hashes, int fromMinute) {
    Map<KeyHash, KeyEntry> found = new HashMap<>();
    for (KeyHash hash : hashes) {
      TreeMap<Integer, KeyEntry> entries = keys.get(hash);
      if (entries != null && entries.lastKey() >= fromMinute) {
        found.put(hash, entries.lastEntry().getValue());
      }
    }
    return found;
  }

  List<KeyEntry> keysAfter(@Nullable KeyEntry after, int max) {
    return keys.values().stream()
        .flatMap(entries -> entries.values().stream())
        .filter(entry -> after == null || KeyEntry.ORDER.compare(entry, after) > 0)
        .sorted(KeyEntry.ORDER)
        .limit(max)
        .toList();
  }

  Counts count(PositionRange range, Instant base) {
    long baseMicros = Micros.of(base);
    long count = 0;
    long sum = 0;
    for (StoredItem item : rows(range).values()) {
      count++;
      sum += Math.floorDiv(item.head().createdAt() - baseMicros, 1_000L);
    }
    return new Counts(count, sum);
  }
}

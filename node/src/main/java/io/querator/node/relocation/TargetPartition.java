package io.querator.node.relocation;

import static java.util.stream.Collectors.toList;

import io.querator.storage.BatchBuilder;
import io.querator.storage.CommitResult;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/// The partition that is being filled, which nobody else knows. Used by one thread.
///
/// What it is given is written in batches within the storage's limits. Anything but success is a
/// [CopyException].
final class TargetPartition {
  /// A batch holds no more, so that a large database is not kept busy by one statement.
  private static final long BATCH_BYTES = 4L << 20;

  private static final int CHUNK = 2_000;

  private final PartitionStore store;
  private final RandomGenerator random;
  private final int itemsMax;
  private final long bytesMax;
  private Opened opened;

  TargetPartition(PartitionStore store, Opened opened, RandomGenerator random) {
    this.store = store;
    this.opened = opened;
    this.random = random;
    itemsMax = Math.min(CHUNK, store.limits().turnItems());
    bytesMax = Math.min(BATCH_BYTES, store.limits().turnBytes());
  }

  void add(List<StoredItem> rows) {
    List<StoredItem> chunk = new ArrayList<>();
    long bytes = 0;
    for (StoredItem row : rows) {
      long size = row.content().sizeBytes();
      if (size > store.limits().itemBytes()) {
        throw new CopyException(
            "an item of %d bytes is larger than the %d that the storage takes"
                .formatted(size, store.limits().itemBytes()));
      }
      if (chunk.size() == itemsMax || bytes + size > bytesMax) {
        addItems(chunk);
        bytes = 0;
      }
      chunk.add(row);
      bytes += size;
    }
    addItems(chunk);
  }

  private void addItems(List<StoredItem> chunk) {
    if (!chunk.isEmpty()) {
      commit(batch -> batch.items(chunk));
      chunk.clear();
    }
  }

  /// @param positions rising; rows that are not there do not matter
  void remove(long[] positions) {
    for (int from = 0; from < positions.length; from += itemsMax) {
      int to = Math.min(positions.length, from + itemsMax);
      long[] chunk = Arrays.copyOfRange(positions, from, to);
      commit(batch -> batch.removed(chunk));
    }
  }

  void addLeases(List<StoredLease> leases) {
    List<StoredLease> chunk = new ArrayList<>();
    int positions = 0;
    for (StoredLease lease : leases) {
      if (positions + lease.positions().length > itemsMax) {
        addStoredLeases(chunk);
        positions = 0;
      }
      chunk.add(lease);
      positions += lease.positions().length;
    }
    addStoredLeases(chunk);
  }

  private void addStoredLeases(List<StoredLease> chunk) {
    if (!chunk.isEmpty()) {
      commit(batch -> batch.leases(chunk));
      chunk.clear();
    }
  }

  void endLeases(long[] ids) {
    for (int from = 0; from < ids.length; from += itemsMax) {
      int to = Math.min(ids.length, from + itemsMax);
      long[] chunk = Arrays.copyOfRange(ids, from, to);
      commit(batch -> batch.endedLeases(chunk));
    }
  }

  /// Adds those of `keys` that are not there yet, nor a newer one of the same hash. A batch holds
  /// those of one minute: a hash may occur once in it.
  void addKeys(List<KeyEntry> keys) {
    Map<Integer, List<KeyEntry>> byMinute =
        keys.stream().collect(Collectors.groupingBy(KeyEntry::minute, TreeMap::new, toList()));
    byMinute.forEach((minute, entries) -> {
      Set<KeyHash> hashes = entries.stream().map(KeyEntry::hash).collect(Collectors.toSet());
      Set<KeyHash> there = store.keys(opened, hashes, minute).keySet();
      List<KeyEntry> missing =
          entries.stream().filter(entry -> !there.contains(entry.hash())).toList();
      chunks(missing, BatchBuilder::keys);
    });
  }

  void removeKeys(List<KeyHash> hashes) {
    chunks(hashes, BatchBuilder::removedKeys);
  }

  void mark(LowWater mark) {
    if (!mark.equals(LowWater.NONE)) {
      commit(batch -> batch.lowWater(mark));
    }
  }

  private <T> void chunks(List<T> all, BiFunction<BatchBuilder, List<T>, BatchBuilder> change) {
    for (int from = 0; from < all.size(); from += itemsMax) {
      List<T> chunk = all.subList(from, Math.min(all.size(), from + itemsMax));
      commit(batch -> change.apply(batch, chunk));
    }
  }

  private void commit(UnaryOperator<BatchBuilder> change) {
    BatchBuilder empty = new BatchBuilder(opened, new TurnToken(random.nextLong()));
    CommitResult result = store.commit(List.of(change.apply(empty).build())).getFirst();
    if (!(result instanceof CommitResult.Committed(var epoch, _))) {
      throw new CopyException("the storage did not take a batch: " + result);
    }
    opened = opened.at(epoch);
  }
}

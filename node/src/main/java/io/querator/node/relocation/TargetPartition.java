package io.querator.node.relocation;

import static java.util.stream.Collectors.toList;

import io.querator.storage.Batch;
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
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
    List<StoredItem> batch = new ArrayList<>();
    long bytes = 0;
    for (StoredItem row : rows) {
      long size = row.content().sizeBytes();
      if (size > store.limits().itemBytes()) {
        throw new CopyException(
            "an item of %d bytes is larger than the %d that the storage takes"
                .formatted(size, store.limits().itemBytes()));
      }
      if (batch.size() == itemsMax || (!batch.isEmpty() && bytes + size > bytesMax)) {
        commit(new Rows().items(batch));
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(row);
      bytes += size;
    }
    if (!batch.isEmpty()) {
      commit(new Rows().items(batch));
    }
  }

  /// @param positions rising; rows that are not there do not matter
  void remove(long[] positions) {
    for (int from = 0; from < positions.length; from += itemsMax) {
      int to = Math.min(positions.length, from + itemsMax);
      commit(new Rows().removed(Arrays.copyOfRange(positions, from, to)));
    }
  }

  void addLeases(List<StoredLease> leases) {
    List<StoredLease> batch = new ArrayList<>();
    int positions = 0;
    for (StoredLease lease : leases) {
      if (!batch.isEmpty() && positions + lease.positions().length > itemsMax) {
        commit(new Rows().leases(batch));
        batch = new ArrayList<>();
        positions = 0;
      }
      batch.add(lease);
      positions += lease.positions().length;
    }
    if (!batch.isEmpty()) {
      commit(new Rows().leases(batch));
    }
  }

  void endLeases(long[] ids) {
    for (int from = 0; from < ids.length; from += itemsMax) {
      int to = Math.min(ids.length, from + itemsMax);
      commit(new Rows().endedLeases(Arrays.copyOfRange(ids, from, to)));
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
      chunks(missing, batch -> new Rows().keys(batch));
    });
  }

  void removeKeys(List<KeyHash> hashes) {
    chunks(hashes, batch -> new Rows().removedKeys(batch));
  }

  void mark(LowWater mark) {
    if (!mark.equals(LowWater.NONE)) {
      commit(new Rows().lowWater(mark));
    }
  }

  private <T> void chunks(List<T> all, Function<List<T>, Rows> rows) {
    for (int from = 0; from < all.size(); from += itemsMax) {
      commit(rows.apply(all.subList(from, Math.min(all.size(), from + itemsMax))));
    }
  }

  private void commit(Rows rows) {
    Batch batch = rows.batch(opened, new TurnToken(random.nextLong()));
    CommitResult result = store.commit(List.of(batch)).getFirst();
    if (!(result instanceof CommitResult.Committed(var epoch, _))) {
      throw new CopyException("the storage did not take a batch: " + result);
    }
    opened = opened.at(epoch);
  }

  /// One kind of change.
  private static final class Rows {
    private List<StoredItem> items = List.of();
    private long[] removed = new long[0];
    private List<StoredLease> leases = List.of();
    private long[] endedLeases = new long[0];
    private List<KeyEntry> keys = List.of();
    private List<KeyHash> removedKeys = List.of();
    private @Nullable LowWater lowWater;

    Rows items(List<StoredItem> rows) {
      items = rows;
      return this;
    }

    Rows removed(long[] positions) {
      removed = positions;
      return this;
    }

    Rows leases(List<StoredLease> rows) {
      leases = rows;
      return this;
    }

    Rows endedLeases(long[] ids) {
      endedLeases = ids;
      return this;
    }

    Rows keys(List<KeyEntry> rows) {
      keys = rows;
      return this;
    }

    Rows removedKeys(List<KeyHash> hashes) {
      removedKeys = hashes;
      return this;
    }

    Rows lowWater(LowWater mark) {
      lowWater = mark;
      return this;
    }

    Batch batch(Opened opened, TurnToken token) {
      return new Batch(
          opened,
          token,
          items,
          List.of(),
          removed,
          leases,
          endedLeases,
          keys,
          removedKeys,
          lowWater);
    }
  }
}

package io.querator.storage.memory;

import static java.util.Objects.requireNonNull;

import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.CommitResult;
import io.querator.storage.Counting;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.Limits;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Keeps partitions in the memory of this process.
///
/// Safe for use by many threads: one lock guards everything, since a store is shared by all
/// partition loops of a process and has no thread of its own. It is stricter than a database where
/// the caller breaks the port's rules: a position that is not of the caller's epoch, in a partition
/// that is not being filled, is an [IllegalArgumentException].
public final class MemoryPartitionStore implements PartitionStore {
  private static final Limits LIMITS = new Limits(100_000, 256L << 20, 128L << 20);

  private final InstantSource clock;
  private final Object lock = new Object();
  private final Map<PartitionKey, MemoryPartition> partitions = new HashMap<>();

  /// @param clock plays the part of the database's clock
  public MemoryPartitionStore(InstantSource clock) {
    this.clock = requireNonNull(clock, "clock");
  }

  @Override
  public Limits limits() {
    return LIMITS;
  }

  @Override
  public void create(PartitionKey key) {
    synchronized (lock) {
      partitions.computeIfAbsent(key, _ -> new MemoryPartition(clock.instant()));
    }
  }

  @Override
  public void drop(PartitionKey key) {
    synchronized (lock) {
      partitions.remove(key);
    }
  }

  @Override
  public Set<PartitionKey> created(Instant before) {
    synchronized (lock) {
      Set<PartitionKey> keys = new HashSet<>();
      partitions.forEach((key, partition) -> {
        if (partition.createdAt().isBefore(before)) {
          keys.add(key);
        }
      });
      return keys;
    }
  }

  @Override
  public long highestGeneration() {
    synchronized (lock) {
      return partitions.values().stream().mapToLong(MemoryPartition::generation).max().orElse(0);
    }
  }

  @Override
  public List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    synchronized (lock) {
      List<OpenResult> results = new ArrayList<>(highestSeen.size());
      highestSeen.forEach((key, seen) -> results.add(open(key, seen, claim)));
      return results;
    }
  }

  private OpenResult open(PartitionKey key, Epoch seen, Claim claim) {
    MemoryPartition partition = partitions.get(key);
    if (partition == null) {
      return new OpenResult.Missing(key);
    }
    return partition.isOlderThan(claim)
        ? opened(key, partition, seen, claim, false)
        : new OpenResult.Stale(key);
  }

  @Override
  public OpenResult reopen(Opened last) {
    synchronized (lock) {
      MemoryPartition partition = partitions.get(last.key());
      if (partition == null) {
        return new OpenResult.Missing(last.key());
      }
      Claim claim = last.claim();
      return partition.isHeldBy(claim) || partition.isOlderThan(claim)
          ? opened(last.key(), partition, last.epoch(), claim, true)
          : new OpenResult.Stale(last.key());
    }
  }

  private Opened opened(
      PartitionKey key, MemoryPartition partition, Epoch seen, Claim claim, boolean again) {
    boolean historyLost = partition.epoch().compareTo(seen) < 0;
    Epoch epoch = partition.raise(seen, claim, again);
    return new Opened(
        key, claim, epoch, databaseTime(), partition.lowWater(), historyLost, partition.isEmpty());
  }

  @Override
  public List<CommitResult> commit(List<Batch> batches) {
    synchronized (lock) {
      return batches.stream().map(this::commit).toList();
    }
  }

  private CommitResult commit(Batch batch) {
    Opened opened = batch.partition();
    MemoryPartition partition = partitions.get(opened.key());
    if (partition == null || !partition.admits(opened)) {
      return new CommitResult.Fenced(false);
    }
    long removedFound = partition.apply(batch);
    return new CommitResult.Committed(opened.epoch(), OptionalLong.of(removedFound));
  }

  @Override
  public List<StoredItem> items(Opened opened, PositionRange range, PageLimit limit) {
    return read(opened, partition -> partition.items(range, limit));
  }

  @Override
  public List<StoredItem> items(Opened opened, long[] positions) {
    return read(opened, partition -> partition.items(positions));
  }

  @Override
  public List<ItemHead> heads(Opened opened, PositionRange range, int max) {
    return read(opened, partition -> partition.heads(range, max));
  }

  @Override
  public List<ItemHead> heads(Opened opened, long[] positions) {
    return read(
        opened, partition -> partition.items(positions).stream().map(StoredItem::head).toList());
  }

  @Override
  public List<ItemHead> due(Opened opened, Due after, long until, int max) {
    return read(opened, partition -> partition.due(after, until, max));
  }

  @Override
  public List<StoredLease> leases(Opened opened) {
    return read(opened, MemoryPartition::leases);
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Opened opened, Set<KeyHash> hashes, int fromMinute) {
    return read(opened, partition -> partition.keys(hashes, fromMinute));
  }

  @Override
  public List<KeyEntry> keysAfter(Opened opened, @Nullable KeyEntry after, int max) {
    PartitionStore.checkKeysMax(max);
    return read(opened, partition -> partition.keysAfter(after, max));
  }

  @Override
  public Counting count(Opened opened, PositionRange range, Instant base) {
    Counting.Counts counts = read(opened, partition -> partition.count(range, base));
    return new MemoryCounting(counts);
  }

  @Override
  public void pruneKeys(Opened opened, int beforeMinute) {
    synchronized (lock) {
      MemoryPartition partition = partitions.get(opened.key());
      if (partition != null && partition.admits(opened)) {
        partition.pruneKeys(beforeMinute);
      }
    }
  }

  @Override
  public Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine) {
    synchronized (lock) {
      Set<PartitionKey> lost = new HashSet<>();
      mine.forEach((key, epoch) -> {
        MemoryPartition partition = partitions.get(key);
        if (partition == null || !partition.epoch().equals(epoch)) {
          lost.add(key);
        }
      });
      return lost;
    }
  }

  @Override
  public Instant databaseTime() {
    return Micros.instant(Micros.of(clock.instant()));
  }

  @Override
  public void close() {}

  /// Reads are not fenced: what a deposed owner reads is of no use to it, since it cannot write.
  private <T> T read(Opened opened, Function<MemoryPartition, T> reader) {
    synchronized (lock) {
      MemoryPartition partition = partitions.get(opened.key());
      if (partition == null) {
        throw new StorageException.Fenced("partition " + opened.key() + " does not exist");
      }
      return reader.apply(partition);
    }
  }

  private record MemoryCounting(Counts counts) implements Counting {
    @Override
    public Counts await() {
      return counts;
    }

    @Override
    public void close() {}
  }
}

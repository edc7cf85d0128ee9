package io.querator.storage;

import static java.util.Objects.requireNonNull;

import io.querator.storage.OpenResult.Opened;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A store in front of another that fails as [Faults] says, and refuses the data of some items.
///
/// Whatever it answers is true: after *not committed* nothing is there and nothing will be. A fault
/// that raises the epoch does so in the store behind. As safe for use by many threads as the faults
/// are. Creating, dropping, marks and pruning never fail.
public final class FaultyPartitionStore implements PartitionStore {
  private final PartitionStore store;
  private final Faults faults;
  private final Predicate<StoredItem> poisoned;
  private final Map<PartitionKey, Batch> late = new HashMap<>();

  /// @param poisoned items whose batches are refused, each time that they are sent
  public FaultyPartitionStore(PartitionStore store, Faults faults, Predicate<StoredItem> poisoned) {
    this.store = requireNonNull(store, "store");
    this.faults = requireNonNull(faults, "faults");
    this.poisoned = requireNonNull(poisoned, "poisoned");
  }

  @Override
  public Limits limits() {
    return store.limits();
  }

  @Override
  public void create(PartitionKey key) {
    store.create(key);
  }

  @Override
  public void drop(PartitionKey key) {
    store.drop(key);
  }

  @Override
  public Set<PartitionKey> created(Instant before) {
    return read(() -> store.created(before));
  }

  @Override
  public long highestGeneration() {
    return read(store::highestGeneration);
  }

  @Override
  public List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    return opened(highestSeen.keySet(), () -> store.open(highestSeen, claim));
  }

  @Override
  public OpenResult reopen(Opened last) {
    return opened(Set.of(last.key()), () -> store.reopen(last));
  }

  private <T> T opened(Set<PartitionKey> keys, Supplier<T> opening) {
    Faults.OpenFault fault = faults.open();
    if (fault == Faults.OpenFault.BEFORE) {
      throw unavailable();
    }
    keys.forEach(this::writeLate);
    T result = opening.get();
    if (fault == Faults.OpenFault.AFTER) {
      throw unavailable();
    }
    return result;
  }

  private void writeLate(PartitionKey key) {
    Batch batch;
    synchronized (late) {
      batch = late.remove(key);
    }
    if (batch != null) {
      store.commit(List.of(batch));
    }
  }

  @Override
  public List<CommitResult> commit(List<Batch> batches) {
    List<CommitResult> results = new ArrayList<>(batches.size());
    for (Batch batch : batches) {
      results.add(commit(batch));
    }
    return results;
  }

  private CommitResult commit(Batch batch) {
    return switch (faults.commit()) {
      case NONE -> written(batch);
      case NOT_COMMITTED ->
          raise(batch) instanceof Opened opened
              ? new CommitResult.NotCommitted(opened.epoch())
              : new CommitResult.Fenced(false);
      case UNAVAILABLE -> new CommitResult.Unavailable(false);
      case UNAVAILABLE_COMMITTED -> unlessWritten(batch, new CommitResult.Unavailable(true));
      case UNAVAILABLE_LOST -> new CommitResult.Unavailable(true);
      case UNAVAILABLE_LATE -> later(batch);
      case FENCED -> {
        raise(batch);
        yield new CommitResult.Fenced(false);
      }
      case FENCED_COMMITTED -> {
        CommitResult result = unlessWritten(batch, new CommitResult.Fenced(true));
        raise(batch);
        yield result;
      }
    };
  }

  private CommitResult written(Batch batch) {
    return batch.items().stream().anyMatch(poisoned)
        ? new CommitResult.Refused(
            batch.partition().epoch(), CommitResult.Reason.DATA, "a poisoned item")
        : store.commit(List.of(batch)).getFirst();
  }

  private CommitResult unlessWritten(Batch batch, CommitResult afterwards) {
    return written(batch) instanceof CommitResult.Fenced fenced ? fenced : afterwards;
  }

  private CommitResult later(Batch batch) {
    synchronized (late) {
      if (batch.items().stream().noneMatch(poisoned)) {
        late.put(batch.partition().key(), batch);
      }
    }
    return new CommitResult.Unavailable(true);
  }

  private OpenResult raise(Batch batch) {
    return store.reopen(batch.partition());
  }

  @Override
  public List<StoredItem> items(Opened partition, PositionRange range, PageLimit limit) {
    return read(() -> store.items(partition, range, limit));
  }

  @Override
  public List<StoredItem> items(Opened partition, long[] positions) {
    return read(() -> store.items(partition, positions));
  }

  @Override
  public List<ItemHead> heads(Opened partition, PositionRange range, int max) {
    return read(() -> store.heads(partition, range, max));
  }

  @Override
  public List<ItemHead> heads(Opened partition, long[] positions) {
    return read(() -> store.heads(partition, positions));
  }

  @Override
  public List<ItemHead> due(Opened partition, Due after, long until, int max) {
    return read(() -> store.due(partition, after, until, max));
  }

  @Override
  public List<StoredLease> leases(Opened partition) {
    return read(() -> store.leases(partition));
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Opened partition, Set<KeyHash> hashes, int fromMinute) {
    return read(() -> store.keys(partition, hashes, fromMinute));
  }

  @Override
  public List<KeyEntry> keysAfter(Opened partition, @Nullable KeyEntry after, int max) {
    return read(() -> store.keysAfter(partition, after, max));
  }

  @Override
  public Counting count(Opened partition, PositionRange range, Instant base) {
    return read(() -> store.count(partition, range, base));
  }

  @Override
  public void pruneKeys(Opened partition, int beforeMinute) {
    store.pruneKeys(partition, beforeMinute);
  }

  @Override
  public Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine) {
    return read(() -> store.superseded(mine));
  }

  @Override
  public Instant databaseTime() {
    return read(store::databaseTime);
  }

  @Override
  public void close() {
    store.close();
  }

  private <T> T read(Supplier<T> reader) {
    if (faults.read()) {
      throw unavailable();
    }
    return reader.get();
  }

  private static StorageException unavailable() {
    return new StorageException.Unavailable("a fault of the test", null);
  }
}

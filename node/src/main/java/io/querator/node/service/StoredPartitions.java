package io.querator.node.service;

import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.Relocation;
import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes and drops the partitions themselves, many at once within a bound on each storage, so that
/// one that hangs does not hold up the others. Safe for use by many threads.
final class StoredPartitions {
  private static final int AT_ONCE = 8;
  private static final Logger log = LoggerFactory.getLogger(StoredPartitions.class);

  private final Keeper keeper;
  private final Storages storages;
  private final Map<String, Semaphore> permits = new ConcurrentHashMap<>();

  StoredPartitions(Keeper keeper, Storages storages) {
    this.keeper = keeper;
    this.storages = storages;
  }

  /// Makes empty partitions, blocking; all of them, or none in the end.
  ///
  /// @throws StorageException if a storage is away
  void make(List<PartitionRecord> records) {
    List<CompletableFuture<?>> made = new ArrayList<>(records.size());
    for (PartitionRecord record : records) {
      CompletableFuture<Boolean> done = new CompletableFuture<>();
      made.add(done);
      keeper.work(() -> {
        try {
          within(record.location(), storage -> storage.store().create(record.location().key()));
          done.complete(true);
        } catch (RuntimeException e) {
          done.completeExceptionally(e);
        }
      });
    }
    try {
      join(made);
    } catch (RuntimeException e) {
      drop(records);
      throw e;
    }
  }

  private static void join(List<CompletableFuture<?>> futures) {
    StorageException failure = null;
    for (CompletableFuture<?> future : futures) {
      Throwable cause = future.handle((_, e) -> e).join();
      if (cause instanceof StorageException storage) {
        failure = storage;
      } else if (cause != null) {
        throw new IllegalStateException("a partition could not be made", cause);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /// Drops partitions that no queue has any more, again and again until each is gone or the node
  /// closes; with what was copied of them to another storage. Returns at once.
  ///
  /// @return completes when all are gone
  CompletableFuture<?> drop(List<PartitionRecord> records) {
    Stream<Location> copies =
        records.stream().map(StoredPartitions::copy).flatMap(Optional::stream);
    return CompletableFuture.allOf(
        Stream.concat(records.stream().map(PartitionRecord::location), copies)
            .map(this::drop)
            .toArray(CompletableFuture[]::new));
  }

  private static Optional<Location> copy(PartitionRecord record) {
    Relocation relocation = record.relocation();
    return relocation == null || relocation.copy() == null
        ? Optional.empty()
        : Optional.of(new Location(relocation.storage(), relocation.copy()));
  }

  /// Drops what lies at a location that is in charge of no partition.
  CompletableFuture<Boolean> drop(Location location) {
    CompletableFuture<Boolean> gone = new CompletableFuture<>();
    drop(location, 1, gone);
    return gone;
  }

  private void drop(Location location, int attempt, CompletableFuture<Boolean> gone) {
    if (storages.find(location.storage()).isEmpty()) {
      log.atError()
          .addKeyValue("partition", location.key())
          .addKeyValue("storage", location.storage())
          .log("partition cannot be dropped, its storage is not configured");
      gone.complete(false);
      return;
    }
    keeper.work(() -> {
      try {
        within(location, storage -> storage.store().drop(location.key()));
        gone.complete(true);
      } catch (StorageException e) {
        warn(location.key(), e);
        keeper.after(Backoff.STORAGE.after(attempt), () -> drop(location, attempt + 1, gone));
      }
    });
  }

  private static void warn(PartitionKey key, StorageException cause) {
    log.atWarn()
        .addKeyValue("partition", key)
        .setCause(cause)
        .log("partition could not be dropped yet");
  }

  private Storage storage(Location location) {
    return storages
        .find(location.storage())
        .orElseThrow(() -> new IllegalStateException("no storage named " + location.storage()));
  }

  private void within(Location location, Consumer<Storage> action) {
    Storage storage = storage(location);
    Semaphore ofStorage = permits.computeIfAbsent(storage.name(), _ -> new Semaphore(AT_ONCE));
    ofStorage.acquireUninterruptibly();
    try {
      action.accept(storage);
    } finally {
      ofStorage.release();
    }
  }
}

package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.queue.PartitionContext;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens partitions, many at once, and again when that has failed or one was lost.
///
/// Slots are changed on the [Keeper]'s thread; the storage is asked on others.
final class Openings {
  private static final int AT_ONCE = 500;

  /// Reads outside of turns, on each storage.
  private static final int BACKGROUND_AT_ONCE = 64;

  private static final Logger log = LoggerFactory.getLogger(Openings.class);

  /// A storage that does not know a partition at so many attempts has lost it: at the first ones,
  /// its queue may just have been deleted.
  private static final int MISSING_ATTEMPTS = 5;

  private final Keeper keeper;
  private final Storages storages;
  private final MissingPartitions missing;
  private @Nullable Assignment assignment;
  private final PartitionContext context;
  private final int loadsMax;
  private final Map<String, Share> shares = new ConcurrentHashMap<>();

  /// @param context of all partitions, but for the threads that read outside of turns
  /// @param loadsMax how many partitions of a storage read their memory at once
  Openings(
      Keeper keeper,
      Storages storages,
      MissingPartitions missing,
      PartitionContext context,
      int loadsMax) {
    this.keeper = keeper;
    this.storages = storages;
    this.missing = missing;
    this.context = context;
    this.loadsMax = loadsMax;
  }

  /// What the partitions of one storage share, and no others: a storage that hangs holds up none of
  /// another.
  private record Share(PartitionContext context, Semaphore loads) {}

  private Share share(Storage storage) {
    return shares.computeIfAbsent(
        storage.name(),
        _ ->
            new Share(
                context.readingBy(new BackgroundThreads(BACKGROUND_AT_ONCE)),
                new Semaphore(loadsMax)));
  }

  /// Before anything is opened.
  void follow(Assignment decides) {
    assignment = decides;
  }

  private Assignment assignment() {
    return requireNonNull(assignment, "nobody decides what is opened");
  }

  /// A partition to open, and whose it is.
  record Wanted(ServedQueue queue, PartitionSlot slot) {}

  /// Partitions that one claim opens.
  private record Together(String storage, Object group) {}

  /// Opens all of `wanted`; whatever fails is tried again later.
  void open(List<Wanted> wanted) {
    Map<Together, List<Wanted>> together = new HashMap<>();
    for (Wanted one : wanted) {
      Together key = new Together(one.slot().record().storage(), assignment().group(one));
      together.computeIfAbsent(key, _ -> new ArrayList<>()).add(one);
    }
    together.forEach(this::open);
  }

  private void open(Together together, List<Wanted> wanted) {
    Storage storage = storages.find(together.storage()).orElse(null);
    if (storage == null) {
      lack(wanted, together.group(), 1);
      return;
    }
    for (int from = 0; from < wanted.size(); from += AT_ONCE) {
      List<Wanted> chunk = wanted.subList(from, Math.min(wanted.size(), from + AT_ONCE));
      open(storage, List.copyOf(chunk), 1);
    }
  }

  /// Partitions of a storage that is not configured here. They may become another node's.
  private void lack(List<Wanted> wanted, Object group, int attempt) {
    wanted.forEach(one -> one.slot().down(Reason.FAILING, attempt));
    keeper.after(
        Backoff.STORAGE.after(attempt),
        () -> {
          List<Wanted> still = wanted.stream().filter(one -> isStillWanted(one, group)).toList();
          if (!still.isEmpty()) {
            lack(still, group, attempt + 1);
          }
        });
  }

  /// @param wanted of one group
  /// @param attempt 1 for the first
  private void open(Storage storage, List<Wanted> wanted, int attempt) {
    Map<PartitionKey, Epoch> seen = new HashMap<>();
    wanted.forEach(one -> seen.put(one.slot().key(), one.slot().seen()));
    Object group = assignment().group(wanted.getFirst());
    keeper.work(() -> {
      List<OpenResult> results;
      try {
        Claim claim = assignment().claim(storage, group);
        results = storage.store().open(seen, claim);
      } catch (StorageException e) {
        keeper.run(() -> failed(storage, wanted, group, attempt, e));
        return;
      }
      keeper.run(() -> opened(storage, wanted, group, results, attempt));
    });
  }

  private void failed(
      Storage storage, List<Wanted> wanted, Object group, int attempt, StorageException cause) {
    if (keeper.isClosed()) {
      return;
    }
    Duration delay = Backoff.STORAGE.after(attempt);
    log.atWarn()
        .addKeyValue("storage", storage.name())
        .addKeyValue("partitions", wanted.size())
        .addKeyValue("again", delay)
        .setCause(cause)
        .log("partitions could not be opened");
    wanted.stream()
        .filter(one -> one.slot().isOpening() || one.slot().isFailed())
        .forEach(one -> one.slot().down(Reason.FAILING, attempt));
    again(storage, wanted, group, delay, attempt + 1);
  }

  /// @param group of the last attempt
  void again(Storage storage, List<Wanted> wanted, Object group, Duration delay, int attempt) {
    keeper.after(
        delay,
        () -> {
          Map<Object, List<Wanted>> still = new HashMap<>();
          for (Wanted one : wanted) {
            if (isStillWanted(one, group)) {
              still.computeIfAbsent(assignment().group(one), _ -> new ArrayList<>()).add(one);
            }
          }
          still.values().forEach(together -> open(storage, together, attempt));
        });
  }

  private boolean isStillWanted(Wanted one, Object group) {
    if (!assignment().isWanted(one)) {
      assignment().abandoned(one, group);
      return false;
    }
    return one.slot().isOpening() || one.slot().isFailed();
  }

  private void opened(
      Storage storage, List<Wanted> wanted, Object group, List<OpenResult> results, int attempt) {
    if (keeper.isClosed()) {
      return;
    }
    Map<PartitionKey, Wanted> byKey = new HashMap<>();
    wanted.forEach(one -> byKey.put(one.slot().key(), one));
    List<Wanted> unknown = new ArrayList<>();
    for (OpenResult result : results) {
      Wanted one = byKey.get(result.key());
      if (one == null || !isStillWanted(one, group)) {
        continue;
      }
      switch (result) {
        case Opened opened -> begin(storage, one, group, opened);
        case OpenResult.Stale _ ->
            assignment()
                .outdone(one, group, storage, "a newer claim than ours holds the partition");
        case OpenResult.Missing _ -> unknown.add(one);
      }
    }
    if (!unknown.isEmpty()) {
      unknown.forEach(one -> one.slot().down(Reason.FAILING, attempt));
      if (attempt >= MISSING_ATTEMPTS) {
        missing.unknown(unknown);
      }
      again(storage, unknown, group, Backoff.STORAGE.after(attempt), attempt + 1);
    }
  }

  private void begin(Storage storage, Wanted one, Object group, Opened opened) {
    if (opened.historyLost()) {
      log.atError()
          .addKeyValue("partition", opened.key())
          .addKeyValue("epoch", opened.epoch())
          .log("storage_history_lost");
    }
    PartitionSlot slot = one.slot();
    Share share = share(storage);
    Partition partition =
        new Partition(
            slot.index(),
            storage.store(),
            opened,
            one.queue().settings(),
            one.queue().room(),
            share.context());
    CompletableFuture<Boolean> loaded = new CompletableFuture<>();
    slot.open(partition, loaded);
    missing.remove(slot.key());
    assignment().opened(one, group, opened.epoch());
    partition
        .ended()
        .thenRun(() -> {
          loaded.complete(false);
          keeper.run(() -> ended(storage, one, group, partition));
        });
    partition.start(
        share.loads()::acquireUninterruptibly,
        () -> {
          share.loads().release();
          loaded.complete(true);
        });
    log.atDebug()
        .addKeyValue("queue", one.queue().name())
        .addKeyValue("index", slot.index())
        .addKeyValue("partition", opened.key())
        .addKeyValue("epoch", opened.epoch())
        .log("partition opened");
  }

  /// A loop has ended. If nobody here asked for it, the partition was taken over.
  private void ended(Storage storage, Wanted one, Object group, Partition partition) {
    if (one.slot().isOpen(partition)) {
      assignment().outdone(one, group, storage, "the partition was taken over");
    }
  }
}

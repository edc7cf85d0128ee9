package io.querator.node.service;

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
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens partitions, many at once, and again when that has failed or one was lost.
///
/// Slots are changed on the [Keeper]'s thread; the storage is asked on others.
final class Openings {
  private static final int TOGETHER = 500;
  private static final Logger log = LoggerFactory.getLogger(Openings.class);

  private final Keeper keeper;
  private final Storages storages;
  private final LocalAssignment assignment;
  private final PartitionContext context;
  private final Semaphore loads;

  /// @param loadsMax how many partitions read their memory at once
  Openings(
      Keeper keeper,
      Storages storages,
      LocalAssignment assignment,
      PartitionContext context,
      int loadsMax) {
    this.keeper = keeper;
    this.storages = storages;
    this.assignment = assignment;
    this.context = context;
    loads = new Semaphore(loadsMax);
  }

  /// A partition to open, and whose it is.
  record Wanted(ServedQueue queue, PartitionSlot slot) {}

  /// Opens all of `wanted`; whatever fails is tried again later.
  void open(List<Wanted> wanted) {
    Map<String, List<Wanted>> byStorage = new HashMap<>();
    for (Wanted one : wanted) {
      byStorage.computeIfAbsent(one.slot().record().storage(), _ -> new ArrayList<>()).add(one);
    }
    byStorage.forEach(this::open);
  }

  private void open(String storageName, List<Wanted> wanted) {
    Storage storage = storages.find(storageName).orElse(null);
    if (storage == null) {
      log.atError()
          .addKeyValue("storage", storageName)
          .addKeyValue("partitions", wanted.size())
          .log("partitions lie on a storage that is not configured");
      wanted.forEach(one -> one.slot().down(Reason.FAILING, 1));
      return;
    }
    for (int from = 0; from < wanted.size(); from += TOGETHER) {
      List<Wanted> chunk = wanted.subList(from, Math.min(wanted.size(), from + TOGETHER));
      open(storage, List.copyOf(chunk), 1);
    }
  }

  /// @param attempt 1 for the first
  private void open(Storage storage, List<Wanted> wanted, int attempt) {
    Map<PartitionKey, Epoch> seen = new HashMap<>();
    wanted.forEach(one -> seen.put(one.slot().key(), one.slot().seen()));
    keeper.work(() -> {
      List<OpenResult> results;
      try {
        Claim claim = assignment.claim(storage);
        results = storage.store().open(seen, claim);
      } catch (StorageException e) {
        keeper.run(() -> failed(storage, wanted, attempt, e));
        return;
      }
      keeper.run(() -> opened(storage, wanted, results));
    });
  }

  private void failed(Storage storage, List<Wanted> wanted, int attempt, StorageException cause) {
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
    again(storage, wanted, delay, attempt + 1);
  }

  private void again(Storage storage, List<Wanted> wanted, Duration delay, int attempt) {
    keeper.after(
        delay,
        () -> {
          List<Wanted> still = wanted.stream().filter(one -> one.slot().isFailed()).toList();
          if (!still.isEmpty()) {
            open(storage, still, attempt);
          }
        });
  }

  private void opened(Storage storage, List<Wanted> wanted, List<OpenResult> results) {
    if (keeper.isClosed()) {
      return;
    }
    Map<PartitionKey, Wanted> byKey = new HashMap<>();
    wanted.forEach(one -> byKey.put(one.slot().key(), one));
    for (OpenResult result : results) {
      Wanted one = byKey.get(result.key());
      if (one == null || !(one.slot().isOpening() || one.slot().isFailed())) {
        continue;
      }
      switch (result) {
        case Opened opened -> begin(storage, one, opened);
        case OpenResult.Stale _ -> {
          assignment.outdone(storage);
          lost(storage, one, "a newer claim than ours holds the partition");
        }
        case OpenResult.Missing _ -> lost(storage, one, "the storage does not know the partition");
      }
    }
  }

  private void begin(Storage storage, Wanted one, Opened opened) {
    if (opened.historyLost()) {
      log.atError()
          .addKeyValue("partition", opened.key())
          .addKeyValue("epoch", opened.epoch())
          .log("storage_history_lost");
    }
    PartitionSlot slot = one.slot();
    Partition partition =
        new Partition(
            slot.index(),
            storage.store(),
            opened,
            one.queue().settings(),
            one.queue().room(),
            context);
    CompletableFuture<Boolean> loaded = new CompletableFuture<>();
    slot.open(partition, loaded);
    partition
        .ended()
        .thenRun(() -> {
          loaded.complete(false);
          keeper.run(() -> ended(storage, one, partition));
        });
    partition.start(
        loads::acquireUninterruptibly,
        () -> {
          loads.release();
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
  private void ended(Storage storage, Wanted one, Partition partition) {
    if (one.slot().isOpen(partition)) {
      assignment.outdone(storage);
      lost(storage, one, "the partition was taken over: does another node use this database?");
    }
  }

  private void lost(Storage storage, Wanted one, String why) {
    int losses = one.slot().lost();
    Duration delay = Backoff.TAKEN.after(losses);
    log.atWarn()
        .addKeyValue("queue", one.queue().name())
        .addKeyValue("index", one.slot().index())
        .addKeyValue("partition", one.slot().key())
        .addKeyValue("again", delay)
        .log(why);
    one.slot().down(Reason.MOVED, losses);
    again(storage, List.of(one), delay, 1);
  }
}

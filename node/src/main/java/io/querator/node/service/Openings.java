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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens partitions, many at once, and again when that has failed or one was lost.
///
/// Slots are changed on the [Keeper]'s thread; the storage is asked on others.
final class Openings {
  private static final int AT_ONCE = 500;

  /// How many of a storage's openings may be under way: take-overs wait for each other anyway, and
  /// no longer than a second or two.
  private static final int OPENINGS_MAX = 4;

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
  private BiConsumer<Wanted, Partition> whenSealed = (_, _) -> {};
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
  private record Share(PartitionContext context, Semaphore openings, Semaphore loads) {}

  private Share share(Storage storage) {
    return shares.computeIfAbsent(
        storage.name(),
        _ ->
            new Share(
                context.readingBy(new BackgroundThreads(BACKGROUND_AT_ONCE)),
                new Semaphore(OPENINGS_MAX, true),
                new Semaphore(loadsMax)));
  }

  /// Before anything is opened.
  ///
  /// @param sealed what to do with a partition that a [io.querator.queue.Seal] has ended, on the
  ///   keeper's thread
  void follow(Assignment decides, BiConsumer<Wanted, Partition> sealed) {
    assignment = decides;
    whenSealed = sealed;
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
      open(storage, byStored(chunk), 1);
    }
  }

  /// Partitions by the keys under which their storage knows them now. Should one of them move, it
  /// is no longer this opening's.
  private static Map<PartitionKey, Wanted> byStored(List<Wanted> wanted) {
    Map<PartitionKey, Wanted> byStored = new HashMap<>();
    wanted.forEach(one -> byStored.put(one.slot().record().location().key(), one));
    return byStored;
  }

  /// Partitions of a storage that is not configured here. They may become another node's.
  private void lack(List<Wanted> wanted, Object group, int attempt) {
    wanted.forEach(one -> one.slot().down(Reason.FAILING, attempt));
    keeper.after(
        Backoff.STORAGE.after(attempt),
        () -> {
          List<Wanted> still =
              wanted.stream()
                  .filter(one -> isStillWanted(one, group))
                  .filter(one -> storages.find(one.slot().record().storage()).isEmpty())
                  .toList();
          if (!still.isEmpty()) {
            lack(still, group, attempt + 1);
          }
        });
  }

  /// @param wanted of one group
  /// @param attempt 1 for the first
  private void open(Storage storage, Map<PartitionKey, Wanted> wanted, int attempt) {
    Map<PartitionKey, Epoch> seen = new HashMap<>();
    wanted.forEach((stored, one) -> seen.put(stored, one.slot().seen()));
    Object group = assignment().group(wanted.values().iterator().next());
    keeper.work(() -> {
      List<OpenResult> results;
      Semaphore openings = share(storage).openings();
      openings.acquireUninterruptibly();
      try {
        Claim claim = assignment().claim(storage, group);
        results = storage.store().open(seen, claim);
      } catch (RuntimeException e) {
        keeper.run(() -> failed(storage, wanted, group, attempt, e));
        return;
      } finally {
        openings.release();
      }
      keeper.run(() -> opened(storage, wanted, group, results, attempt));
    });
  }

  /// Opens a partition again that has been closed here since `last`, as far as it is still ours.
  void reopen(Wanted one, Opened last) {
    PartitionSlot slot = one.slot();
    Storage storage = storages.find(slot.record().storage()).orElse(null);
    if (storage == null || !assignment().isWanted(one)) {
      return;
    }
    Object group = assignment().group(one);
    Map<PartitionKey, Wanted> wanted = Map.of(last.key(), one);
    keeper.work(() -> {
      OpenResult result;
      try {
        result = storage.store().reopen(last);
      } catch (RuntimeException e) {
        keeper.run(() -> failed(storage, wanted, group, 1, e));
        return;
      }
      keeper.run(() -> opened(storage, wanted, group, List.of(result), 1));
    });
  }

  private void failed(
      Storage storage,
      Map<PartitionKey, Wanted> wanted,
      Object group,
      int attempt,
      RuntimeException cause) {
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
    wanted.forEach((stored, one) -> {
      if (isThere(one, stored) && (one.slot().isOpening() || one.slot().isFailed())) {
        one.slot().down(Reason.FAILING, attempt);
      }
    });
    again(storage, wanted, group, delay, attempt + 1);
  }

  /// Opens a partition after `delay`, if that is still wanted.
  ///
  /// @param group of the last attempt
  void again(Storage storage, Wanted one, Object group, Duration delay) {
    again(storage, byStored(List.of(one)), group, delay, 1);
  }

  private void again(
      Storage storage,
      Map<PartitionKey, Wanted> wanted,
      Object group,
      Duration delay,
      int attempt) {
    keeper.after(
        delay,
        () -> {
          Map<PartitionKey, Wanted> still = new HashMap<>();
          wanted.forEach((stored, one) -> {
            if (isStillWanted(one, stored, group)) {
              still.put(stored, one);
            }
          });
          if (!still.isEmpty()) {
            open(storage, still, attempt);
          }
        });
  }

  private boolean isStillWanted(Wanted one, PartitionKey stored, Object group) {
    return isStillWanted(one, group) && isThere(one, stored);
  }

  /// Whether it is still to be opened by that decision; another one has an opening of its own.
  private boolean isStillWanted(Wanted one, Object group) {
    if (!assignment().isWanted(one) || !assignment().group(one).equals(group)) {
      assignment().abandoned(one, group);
      return false;
    }
    return one.slot().isOpening() || one.slot().isFailed();
  }

  /// Whether a partition still lies where its storage knows it as `stored`.
  private static boolean isThere(Wanted one, PartitionKey stored) {
    return one.slot().record().location().key().equals(stored);
  }

  private void opened(
      Storage storage,
      Map<PartitionKey, Wanted> wanted,
      Object group,
      List<OpenResult> results,
      int attempt) {
    if (keeper.isClosed()) {
      return;
    }
    Map<PartitionKey, Wanted> unknown = new HashMap<>();
    for (OpenResult result : results) {
      Wanted one = wanted.get(result.key());
      if (one == null || !isStillWanted(one, result.key(), group)) {
        continue;
      }
      switch (result) {
        case Opened opened -> begin(storage, one, group, opened);
        case OpenResult.Stale _ ->
            assignment()
                .outdone(one, group, storage, "a newer claim than ours holds the partition");
        case OpenResult.Missing _ -> unknown.put(result.key(), one);
      }
    }
    if (!unknown.isEmpty()) {
      unknown.values().forEach(one -> one.slot().down(Reason.FAILING, attempt));
      if (attempt >= MISSING_ATTEMPTS) {
        missing.unknown(unknown.values());
      }
      again(storage, unknown, group, Backoff.STORAGE.after(attempt), attempt + 1);
    }
  }

  private void begin(Storage storage, Wanted one, Object group, Opened opened) {
    if (opened.historyLost()) {
      log.atError()
          .addKeyValue("partition", one.slot().key())
          .addKeyValue("epoch", opened.epoch())
          .log("storage_history_lost");
    }
    PartitionSlot slot = one.slot();
    Share share = share(storage);
    Partition partition =
        new Partition(
            slot.index(),
            slot.key(),
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
        .addKeyValue("partition", slot.key())
        .addKeyValue("epoch", opened.epoch())
        .log("partition opened");
  }

  /// A loop has ended. If nobody here asked for it, the partition was taken over, or is sealed.
  private void ended(Storage storage, Wanted one, Object group, Partition partition) {
    if (!one.slot().isOpen(partition)) {
      return;
    }
    if (partition.seal().isPresent()) {
      whenSealed.accept(one, partition);
    } else {
      assignment().outdone(one, group, storage, "the partition was taken over");
    }
  }
}

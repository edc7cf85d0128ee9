package io.querator.node.service;

import io.querator.node.service.Openings.Wanted;
import io.querator.queue.Command;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.QueueSettings;
import io.querator.storage.Catalogue;
import io.querator.storage.Micros;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes what this node serves follow the catalogue: queues come, change and go here, whoever
/// changed the catalogue.
///
/// All changes here are made on the [Keeper]'s thread. Whoever has changed a queue in the catalogue
/// calls [#follow] afterwards, and since it reads what is there then, and one read follows the
/// other, the last of several changes wins. The reads themselves run elsewhere: they take as long
/// as the first storage does, and the partitions of the others must not wait for it.
final class CatalogueFollower {
  private static final Duration TELL_AGAIN = Duration.ofSeconds(1);
  private static final Duration TELL_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LOOK_UP_PAUSE = Duration.ofMillis(20);
  private static final Duration FAILURE_LOG = Duration.ofSeconds(10);
  private static final Logger log = LoggerFactory.getLogger(CatalogueFollower.class);

  private final Keeper keeper;
  private final Catalogue catalogue;
  private final Queues queues;
  private final Assignment assignment;
  private final StoredPartitions stored;
  private final InstantSource clock;
  private final Peers peers;
  private final WaitingClients clients;
  private final Hints hints;
  private final int waitersMax;
  private final Duration lateWrites;
  private Instant failureLogged = Instant.EPOCH;
  private final List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
  private final List<CompletableFuture<Boolean>> lookingUp = new ArrayList<>();
  private boolean refreshing;

  /// Queues found to have changed elsewhere, which are being read.
  private final Map<String, CompletableFuture<Followed>> outdated = new HashMap<>();

  /// Completes when the catalogue has been read for the first time.
  private final CompletableFuture<Boolean> read = new CompletableFuture<>();

  /// @param waitersMax how many lease calls may wait on one queue
  /// @param lateWrites how long a change whose outcome is not known may take to appear
  CatalogueFollower(
      Keeper keeper,
      Catalogue catalogue,
      Queues queues,
      Assignment assignment,
      StoredPartitions stored,
      InstantSource clock,
      Peers peers,
      WaitingClients clients,
      Hints hints,
      int waitersMax,
      Duration lateWrites) {
    this.keeper = keeper;
    this.catalogue = catalogue;
    this.queues = queues;
    this.assignment = assignment;
    this.stored = stored;
    this.clock = clock;
    this.waitersMax = waitersMax;
    this.lateWrites = lateWrites;
    this.peers = peers;
    this.clients = clients;
    this.hints = hints;
  }

  /// What came of following the catalogue.
  ///
  /// @param done completes when every new partition has been opened, or could not be, when open
  ///   ones know new settings, and removed ones are gone
  record Followed(CompletableFuture<?> done) {}

  /// Reads the whole catalogue, again and again until it can be read, and opens everything.
  ///
  /// @return completes when each partition that is this node's has been opened, or could not be;
  ///   what another node has not opened yet is not waited for
  CompletableFuture<?> load() {
    CompletableFuture<Boolean> loaded = new CompletableFuture<>();
    keeper.look(() -> load(1, loaded));
    return loaded;
  }

  /// Completes when all queues are known.
  CompletableFuture<?> read() {
    return read;
  }

  private void load(int attempt, CompletableFuture<Boolean> loaded) {
    List<QueueRecord> records;
    try {
      records = catalogue.queues();
    } catch (StorageException e) {
      keeper.run(() -> failed(e));
      keeper.after(
          Backoff.STORAGE.after(attempt), () -> keeper.look(() -> load(attempt + 1, loaded)));
      return;
    }
    keeper.run(() -> loaded(records, loaded));
  }

  private void loaded(List<QueueRecord> records, CompletableFuture<Boolean> loaded) {
    List<Wanted> wanted = new ArrayList<>();
    for (QueueRecord record : records) {
      wanted.addAll(begin(record, clock.instant()));
    }
    queues.loaded();
    read.complete(true);
    log.atInfo()
        .addKeyValue("queues", records.size())
        .addKeyValue("partitions", wanted.size())
        .log("catalogue read");
    CompletableFuture<?> settled =
        all(wanted.stream().map(one -> one.slot().whenSettledHere()).toList());
    assignment.appeared(wanted);
    settled.thenRun(() -> loaded.complete(true));
  }

  private List<Wanted> begin(QueueRecord record, Instant keyedAt) {
    ServedQueue queue =
        new ServedQueue(
            record,
            clock,
            new LeaseCalls.Elsewhere(record.name(), peers, clients, hints),
            waitersMax,
            keyedAt);
    queues.put(queue);
    return queue.partitions().stream().map(slot -> new Wanted(queue, slot)).toList();
  }

  private static CompletableFuture<?> whenSettled(List<Wanted> wanted) {
    return all(wanted.stream().map(one -> one.slot().whenSettled()).toList());
  }

  private static CompletableFuture<?> all(List<? extends CompletableFuture<?>> futures) {
    return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
  }

  /// Follows every queue that has changed, also if another node changed it.
  ///
  /// @return completes when the catalogue has been read, at some time after this call
  CompletableFuture<?> refresh() {
    CompletableFuture<Boolean> refreshed = new CompletableFuture<>();
    keeper.run(() -> {
      waiting.add(refreshed);
      if (!refreshing) {
        refreshAll();
      }
    });
    return refreshed;
  }

  /// Reads once for all who have asked so far; whoever asks meanwhile gets the next reading.
  private void refreshAll() {
    List<CompletableFuture<Boolean>> asked = List.copyOf(waiting);
    waiting.clear();
    refreshing = !asked.isEmpty();
    if (refreshing) {
      CompletableFuture<Boolean> read = new CompletableFuture<>();
      read.thenRun(() -> {
        asked.forEach(one -> one.complete(true));
        refreshAll();
      });
      keeper.work(() -> refresh(1, read));
    }
  }

  private void refresh(int attempt, CompletableFuture<Boolean> refreshed) {
    Map<String, Long> versions;
    try {
      versions = catalogue.versions();
    } catch (StorageException e) {
      keeper.run(() -> failed(e));
      keeper.after(
          Backoff.STORAGE.after(attempt), () -> keeper.work(() -> refresh(attempt + 1, refreshed)));
      return;
    }
    keeper.run(() -> {
      if (queues.isLoaded()) {
        follow(versions);
      }
      refreshed.complete(true);
    });
  }

  private void follow(Map<String, Long> versions) {
    for (ServedQueue queue : List.copyOf(queues.all())) {
      Long version = versions.get(queue.name());
      if (version == null || version > queue.record().version()) {
        settleOutdated(queue.name());
      }
    }
    for (String name : versions.keySet()) {
      if (queues.find(name) == null) {
        settleOutdated(name);
      }
    }
  }

  /// Once at a time for each queue, however often it is found: reading it may take long.
  private void settleOutdated(String name) {
    if (!outdated.containsKey(name)) {
      CompletableFuture<Followed> followed = new CompletableFuture<>();
      outdated.put(name, followed);
      settle(name, List.of(), false, 1, followed);
      followed.whenComplete((_, _) -> keeper.run(() -> outdated.remove(name)));
    }
  }

  /// [#refresh] for calls that name a queue which is not known: many of them together, so that
  /// wrong names cost the database next to nothing.
  ///
  /// @return completes when every queue that there was at this call is known here
  CompletableFuture<?> lookUp() {
    CompletableFuture<Boolean> looked = new CompletableFuture<>();
    keeper.run(() -> lookUp(List.of(looked)));
    return looked;
  }

  private void lookUp(List<CompletableFuture<Boolean>> asking) {
    if (lookingUp.isEmpty()) {
      keeper.after(LOOK_UP_PAUSE, this::lookUpAll);
    }
    lookingUp.addAll(asking);
  }

  private void lookUpAll() {
    List<CompletableFuture<Boolean>> asked = List.copyOf(lookingUp);
    lookingUp.clear();
    // by the keeper, as soon as what is outdated has been found
    refresh()
        .thenRun(() ->
            all(List.copyOf(outdated.values()))
                .whenComplete((_, failure) -> {
                  if (failure == null) {
                    asked.forEach(one -> one.complete(true));
                  } else {
                    keeper.run(() -> lookUp(asked));
                  }
                }));
  }

  /// Follows what other nodes change, from now on.
  void poll(Duration interval) {
    keeper.after(interval, () -> refresh().thenRun(() -> poll(interval)));
  }

  /// [#follow] after another node has changed a queue.
  CompletableFuture<Followed> hear(String name) {
    CompletableFuture<Followed> followed = new CompletableFuture<>();
    settle(name, List.of(), false, 1, followed);
    return followed;
  }

  /// Reads the definition of `name` and makes the queue here what it says; again and again until it
  /// can be read.
  ///
  /// @return completes when the change has been made here, with what still goes on; exceptionally
  ///   with a [StorageException] if it could not be read at first
  CompletableFuture<Followed> follow(String name) {
    return settle(name, List.of());
  }

  /// [#follow] after a change that may have taken partitions away: those of `mine` that the queue
  /// does not have are dropped, once the catalogue can be read.
  CompletableFuture<Followed> settle(String name, List<PartitionRecord> mine) {
    CompletableFuture<Followed> followed = new CompletableFuture<>();
    settle(name, mine, true, 1, followed);
    return followed;
  }

  /// [#settle] after a change whose outcome is not known. It may still be on its way to the
  /// database: nothing is dropped before that must have ended.
  void settleLate(String name, List<PartitionRecord> mine) {
    settle(name, List.of(), true, 1, new CompletableFuture<>());
    keeper.after(lateWrites, () -> settle(name, mine, true, 1, new CompletableFuture<>()));
  }

  /// @param tell whether the change was made here, and the other nodes are to be told
  private void settle(
      String name,
      List<PartitionRecord> mine,
      boolean tell,
      int attempt,
      CompletableFuture<Followed> followed) {
    keeper.look(() -> {
      Optional<QueueRecord> record;
      try {
        record = catalogue.queue(name);
      } catch (StorageException e) {
        keeper.run(() -> failed(e));
        followed.completeExceptionally(e);
        keeper.after(
            Backoff.STORAGE.after(attempt), () -> settle(name, mine, tell, attempt + 1, followed));
        return;
      }
      keeper.run(() -> settle(name, mine, tell, record, followed));
    });
  }

  private void settle(
      String name,
      List<PartitionRecord> mine,
      boolean tell,
      Optional<QueueRecord> record,
      CompletableFuture<Followed> followed) {
    List<PartitionRecord> orphans =
        mine.stream().filter(p -> record.isEmpty() || !hasKey(record.get(), p)).toList();
    CompletableFuture<?> here = follow(name, record);
    // whatever loops there are of them have ended by then, here and elsewhere
    CompletableFuture<?> done = tell ? all(List.of(here, peers.announce(name))) : here;
    followed.complete(new Followed(done.thenCompose(_ -> stored.drop(orphans))));
  }

  private static boolean hasKey(QueueRecord record, PartitionRecord partition) {
    return record.partitions().stream().anyMatch(p -> p.key().equals(partition.key()));
  }

  private CompletableFuture<?> follow(String name, Optional<QueueRecord> record) {
    ServedQueue there = queues.find(name);
    List<CompletableFuture<?>> work = new ArrayList<>();
    if (there != null && (record.isEmpty() || !there.isDefinedBy(record.get()))) {
      work.add(end(there));
      there = null;
    }
    if (record.isPresent()) {
      if (there == null) {
        work.add(begin(name, record.get()));
      } else if (there.record().version() < record.get().version()) {
        work.add(change(there, record.get()));
      }
    }
    return all(work);
  }

  private CompletableFuture<?> begin(String name, QueueRecord record) {
    List<Wanted> wanted = begin(record, Instant.EPOCH);
    CompletableFuture<?> settled = whenSettled(wanted);
    assignment.appeared(wanted);
    wakeDeadLetters(name);
    log.atInfo()
        .addKeyValue("queue", name)
        .addKeyValue("partitions", wanted.size())
        .log("queue begun");
    return settled;
  }

  private CompletableFuture<?> change(ServedQueue queue, QueueRecord record) {
    ServedQueue.Change change = queue.follow(record);
    List<Wanted> wanted = change.added().stream().map(slot -> new Wanted(queue, slot)).toList();
    List<CompletableFuture<?>> work = new ArrayList<>();
    work.add(whenSettled(wanted));
    assignment.appeared(wanted);
    for (PartitionSlot slot : change.moved()) {
      if (slot.owner() == null) {
        work.add(reopen(queue, slot));
      } else {
        assignment.appeared(List.of(new Wanted(queue, slot)));
      }
    }
    change.removed().forEach(slot -> slot.close(Reason.DELETED));
    if (!change.removed().isEmpty()) {
      assignment.vanished(change.removed());
    }
    if (change.configured()) {
      for (PartitionSlot slot : queue.partitions()) {
        work.add(configure(queue, slot, queue.settings()));
      }
    }
    wakeDeadLetters(queue.name());
    log.atInfo()
        .addKeyValue("queue", queue.name())
        .addKeyValue("version", record.version())
        .addKeyValue("partitions", record.partitions().size())
        .log("queue changed");
    return all(work);
  }

  /// Opens a partition that lies elsewhere now; calls wait meanwhile.
  private CompletableFuture<?> reopen(ServedQueue queue, PartitionSlot slot) {
    return slot.pause(Reason.MOVED)
        .thenCompose(_ -> {
          keeper.run(() -> assignment.appeared(List.of(new Wanted(queue, slot))));
          return slot.whenSettled();
        });
  }

  private CompletableFuture<?> end(ServedQueue queue) {
    queues.remove(queue);
    hints.forget(queue.name());
    CompletableFuture<?> ended = queue.close(Reason.DELETED);
    assignment.vanished(queue.partitions());
    log.atInfo().addKeyValue("queue", queue.name()).log("queue ended");
    return ended;
  }

  /// Tells an open partition its queue's settings, again and again until it knows them, or they are
  /// no longer the newest.
  ///
  /// @return completes after the first time
  private CompletableFuture<?> configure(
      ServedQueue queue, PartitionSlot slot, QueueSettings settings) {
    return tell(
        slot,
        new Command.Configure(settings),
        () -> !queue.isClosed() && queue.settings().equals(settings));
  }

  /// Has the partitions of every queue whose dead queue is `name` try it again.
  private void wakeDeadLetters(String name) {
    for (ServedQueue queue : queues.withDeadQueue(name)) {
      for (PartitionSlot slot : queue.partitions()) {
        keeper.work(() -> slot.call(new Command.WakeDead(), deadline()));
      }
    }
  }

  private CompletableFuture<?> tell(
      PartitionSlot slot, Command<Boolean> command, Supplier<Boolean> stillWanted) {
    CompletableFuture<Boolean> first = new CompletableFuture<>();
    keeper.work(() -> {
      Outcome<Boolean> outcome = slot.call(command, deadline());
      boolean done = outcome instanceof Outcome.Done<Boolean>;
      first.complete(done);
      boolean over =
          outcome instanceof Outcome.NotExecuted<Boolean>(var reason)
              && (reason == Reason.DELETED || reason == Reason.SHUTDOWN || reason == Reason.LEFT);
      if (!done && !over) {
        keeper.after(
            TELL_AGAIN,
            () -> {
              if (stillWanted.get()) {
                tell(slot, command, stillWanted);
              }
            });
      }
    });
    return first;
  }

  private long deadline() {
    return Micros.of(clock.instant().plus(TELL_TIMEOUT));
  }

  private void failed(StorageException cause) {
    if (failureLogged.plus(FAILURE_LOG).isBefore(clock.instant())) {
      failureLogged = clock.instant();
      log.atWarn().setCause(cause).log("the catalogue cannot be read");
    }
  }
}

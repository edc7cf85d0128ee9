package io.querator.node.service;

import io.querator.node.relocation.PartitionCopy;
import io.querator.node.service.Openings.Wanted;
import io.querator.node.service.PartitionRecords.Result;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.queue.Seal;
import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.CommitResult;
import io.querator.storage.Epoch;
import io.querator.storage.Location;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionStore;
import io.querator.storage.Relocation;
import io.querator.storage.StorageException;
import io.querator.storage.TurnToken;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Moves the partitions that this node owns to other storages while they are served, as their
/// records ask for.
///
/// A copy is filled under a key that nobody else knows. When little is missing, the partition
/// pauses: it is sealed, the rest is copied, and the catalogue's record is changed to name the copy
/// in a compare-and-set that only succeeds while the record names this very copy. That change is
/// the one moment at which the copy comes into charge. Whoever opens a sealed partition first makes
/// the record name no copy, by compare-and-set as well, and then takes the seal off: so one of the
/// two is in charge, whichever of these nodes and databases dies when. A copy that did not come
/// into charge is dropped.
///
/// Its state is the [Keeper]'s; what waits runs elsewhere.
final class Relocations {
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final int AT_ONCE = 2;
  private static final Backoff BACKOFF = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));
  private static final Duration END_TIMEOUT = Duration.ofSeconds(20);

  /// How often the source's epoch may rise while it is copied.
  private static final int EPOCHS = 100;

  private static final Logger log = LoggerFactory.getLogger(Relocations.class);

  private final Keeper keeper;
  private final Storages storages;
  private final Queues queues;
  private final PartitionRecords records;
  private final CatalogueFollower follower;
  private final Openings openings;
  private final StoredPartitions stored;
  private final String owner;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Set<PartitionKey> underWay = new HashSet<>();
  private final Map<PartitionKey, Failures> failed = new HashMap<>();

  private record Failures(int count, Instant notBefore) {}

  /// @param owner this node, for people
  /// @param random for partition keys: they must not repeat over the life of a database
  Relocations(
      Keeper keeper,
      Storages storages,
      Queues queues,
      PartitionRecords records,
      CatalogueFollower follower,
      Openings openings,
      StoredPartitions stored,
      String owner,
      InstantSource clock,
      RandomGenerator random) {
    this.keeper = keeper;
    this.storages = storages;
    this.queues = queues;
    this.records = records;
    this.follower = follower;
    this.openings = openings;
    this.stored = stored;
    this.owner = owner;
    this.clock = clock;
    this.random = random;
  }

  /// Looks at all partitions, now and every so often.
  void begin() {
    keeper.after(INTERVAL, this::look);
  }

  private void look() {
    try {
      failed.values().removeIf(failures -> isLongPast(failures));
      queues.all().stream()
          .filter(ServedQueue::isRelocating)
          .forEach(queue -> queue.partitions().forEach(slot -> look(queue, slot)));
    } finally {
      begin();
    }
  }

  private boolean isLongPast(Failures failures) {
    return failures.notBefore().plus(BACKOFF.max()).isBefore(clock.instant());
  }

  private void look(ServedQueue queue, PartitionSlot slot) {
    Relocation relocation = slot.record().relocation();
    if (relocation == null || !slot.isServedHere() || underWay.size() >= AT_ONCE) {
      return;
    }
    Failures failures = failed.get(slot.key());
    boolean early = failures != null && failures.notBefore().isAfter(clock.instant());
    if (slot.health() == PartitionSlot.Health.SERVING && !early && underWay.add(slot.key())) {
      Attempt attempt = new Attempt(new Wanted(queue, slot), slot.record(), relocation);
      keeper.work(() -> run(attempt));
    }
  }

  /// @param record as it was before
  /// @param asked where the partition shall go
  private record Attempt(Wanted wanted, PartitionRecord record, Relocation asked) {
    ServedQueue queue() {
      return wanted.queue();
    }

    PartitionSlot slot() {
      return wanted.slot();
    }
  }

  private void run(Attempt attempt) {
    PartitionSlot slot = attempt.slot();
    try {
      move(attempt);
      keeper.run(() -> failed.remove(slot.key()));
    } catch (RuntimeException e) {
      // whatever it is, the partition stays where it is
      keeper.run(() -> failed(attempt, e));
    } finally {
      slot.copying(null);
      keeper.run(() -> underWay.remove(slot.key()));
    }
  }

  private void failed(Attempt attempt, RuntimeException cause) {
    PartitionSlot slot = attempt.slot();
    Failures before = failed.get(slot.key());
    int count = before == null ? 1 : before.count() + 1;
    Duration delay = BACKOFF.after(count);
    failed.put(slot.key(), new Failures(count, clock.instant().plus(delay)));
    log.atWarn()
        .addKeyValue("queue", attempt.queue().name())
        .addKeyValue("index", slot.index())
        .addKeyValue("storage", attempt.asked().storage())
        .addKeyValue("again", delay)
        .setCause(cause)
        .log("partition could not be moved, it stays where it is");
  }

  // Copying, on a thread of its own

  private void move(Attempt attempt) {
    PartitionSlot slot = attempt.slot();
    String name = attempt.queue().name();
    Partition partition = slot.partitionNow();
    if (partition == null) {
      return;
    }
    Storage goal = storages.find(attempt.asked().storage()).orElse(null);
    if (goal == null) {
      throw away("storage %s is not configured here".formatted(attempt.asked().storage()));
    }
    Copy copy = new Copy(new Location(goal.name(), PartitionKey.random(random)));
    Relocation announced = new Relocation(goal.name(), copy.location.key());
    Result result =
        records.change(
            name,
            slot.key(),
            now -> {
              boolean same =
                  now.location().equals(attempt.record().location())
                      && attempt.asked().equals(now.relocation());
              return same ? now.relocating(announced) : null;
            });
    var _ = follower.follow(name);
    if (result != Result.DONE) {
      return;
    }
    copyOf(attempt.asked()).ifPresent(stored::drop);
    try {
      goal.store().create(copy.location.key());
      fill(attempt, partition, goal.store(), copy);
    } finally {
      if (!copy.mayBeInCharge) {
        var _ = stored.drop(copy.location);
      }
    }
  }

  /// A copy, as the thread that fills it knows it.
  private static final class Copy {
    final Location location;

    /// Whether it must be kept: it is in charge, or nobody could say.
    boolean mayBeInCharge;

    Copy(Location location) {
      this.location = location;
    }
  }

  private static Optional<Location> copyOf(Relocation relocation) {
    return Optional.ofNullable(relocation.copy())
        .map(key -> new Location(relocation.storage(), key));
  }

  private void fill(Attempt attempt, Partition partition, PartitionStore target, Copy copy) {
    Epoch above = new Epoch(partition.stats().epoch() + EPOCHS);
    // older than any claim by which a partition is served
    Claim claim = new Claim(owner, UUID.randomUUID(), 0, 1);
    OpenResult opened = target.open(Map.of(copy.location.key(), above), claim).getFirst();
    if (!(opened instanceof Opened to)) {
      throw away("the copy could not be opened: " + opened);
    }
    try (PartitionCopy filling =
        new PartitionCopy(partition.store(), partition.opened(), target, to, random)) {
      attempt.slot().copying(filling);
      partition.listen(filling.listener());
      if (filling.approach(() -> isWanted(attempt, partition))) {
        handOver(attempt, partition, filling, new Goal(copy, above));
      }
    } finally {
      partition.listen(null);
    }
  }

  /// @param copy that shall come into charge
  /// @param above every epoch that the partition may have had while it was copied
  private record Goal(Copy copy, Epoch above) {}

  private boolean isWanted(Attempt attempt, Partition partition) {
    Relocation now = attempt.slot().record().relocation();
    return !keeper.isClosed()
        && !attempt.queue().isClosed()
        && attempt.slot().isOpen(partition)
        && now != null
        && now.storage().equals(attempt.asked().storage());
  }

  // Handing over

  private void handOver(Attempt attempt, Partition partition, PartitionCopy filling, Goal goal) {
    long began = System.nanoTime();
    CompletableFuture<Boolean> paused = pause(attempt.slot(), partition);
    boolean moved = false;
    try {
      if (!ended(paused)) {
        return;
      }
      Opened sealed = seal(partition, goal.copy().location);
      if (sealed.epoch().compareTo(goal.above()) > 0) {
        throw away("the epoch rose to %s while the partition was copied".formatted(sealed.epoch()));
      }
      filling.finish(sealed);
      moved = publish(attempt, goal.copy());
    } finally {
      if (moved) {
        long nanos = System.nanoTime() - began;
        moved(attempt, filling, goal.copy().location, nanos);
      } else {
        paused.thenAccept(ended -> keeper.run(() -> resume(attempt, partition, ended)));
      }
    }
  }

  private void moved(Attempt attempt, PartitionCopy filling, Location copy, long pausedNanos) {
    var _ = follower.follow(attempt.queue().name());
    var _ = stored.drop(attempt.record().location());
    log.atInfo()
        .addKeyValue("queue", attempt.queue().name())
        .addKeyValue("index", attempt.slot().index())
        .addKeyValue("from", attempt.record().storage())
        .addKeyValue("to", copy.storage())
        .addKeyValue("rows", filling.copied())
        .addKeyValue("paused_ms", TimeUnit.NANOSECONDS.toMillis(pausedNanos))
        .log("partition moved");
  }

  /// Ends the loop; calls wait for what comes next.
  ///
  /// @return completes when it has ended; with false if the partition is not open here any more
  private CompletableFuture<Boolean> pause(PartitionSlot slot, Partition partition) {
    CompletableFuture<Boolean> paused = new CompletableFuture<>();
    keeper.run(() -> {
      if (slot.isOpen(partition)) {
        slot.pause(Reason.MOVED).thenRun(() -> paused.complete(true));
      } else {
        paused.complete(false);
      }
    });
    return paused;
  }

  private static boolean ended(CompletableFuture<Boolean> paused) {
    try {
      return paused.get(END_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw away("the partition's last turn does not end");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw away("interrupted");
    } catch (ExecutionException e) {
      throw new IllegalStateException("the end of a loop is a value", e);
    }
  }

  private Opened seal(Partition partition, Location copy) {
    OpenResult again = partition.store().reopen(partition.opened());
    if (!(again instanceof Opened opened)) {
      throw away("the partition was taken over: " + again);
    }
    Batch batch = Seal.on(opened, token(), "moving to " + copy.storage());
    return commit(partition.store(), opened, batch);
  }

  private Opened commit(PartitionStore store, Opened opened, Batch batch) {
    CommitResult result = store.commit(List.of(batch)).getFirst();
    if (!(result instanceof CommitResult.Committed(var epoch, _))) {
      throw away("a seal was not written: " + result);
    }
    return opened.at(epoch);
  }

  private static StorageException away(String why) {
    return new StorageException.Unavailable(why, null);
  }

  private TurnToken token() {
    return new TurnToken(random.nextLong());
  }

  /// Makes the copy the one in charge. Goes on until that has happened or, for certain, will not.
  ///
  /// @throws StorageException if the node closes before
  private boolean publish(Attempt attempt, Copy copy) {
    PartitionKey key = attempt.slot().key();
    copy.mayBeInCharge = true;
    for (int tries = 1; ; tries++) {
      try {
        Result result =
            records.change(attempt.queue().name(), key, now -> inCharge(now, copy.location));
        if (result != Result.CONTENDED) {
          copy.mayBeInCharge = result == Result.DONE;
          return copy.mayBeInCharge;
        }
      } catch (StorageException e) {
        if (keeper.isClosed()) {
          throw e;
        }
        log.atWarn()
            .addKeyValue("queue", attempt.queue().name())
            .addKeyValue("index", attempt.slot().index())
            .setCause(e)
            .log("the catalogue is away while a partition is handed over");
      }
      rest(Backoff.STORAGE.after(tries));
    }
  }

  /// Between two attempts of [#publish], which must not end while it is not known whether the last
  /// one succeeded: nothing else tells when the catalogue can be asked again.
  private static void rest(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static @Nullable PartitionRecord inCharge(PartitionRecord now, Location copy) {
    if (now.location().equals(copy)) {
      return now;
    }
    Relocation relocation = now.relocation();
    return relocation != null && copyOf(relocation).filter(copy::equals).isPresent()
        ? now.at(copy)
        : null;
  }

  /// @param ended whether the loop was ended for this
  private void resume(Attempt attempt, Partition partition, boolean ended) {
    if (ended && attempt.slot().isOpening()) {
      openings.reopen(attempt.wanted(), partition.opened());
    }
  }

  // Seals

  /// A partition was opened here that somebody has sealed. On the keeper's thread.
  void sealed(Wanted one, Partition partition) {
    one.slot().pause(Reason.MOVED);
    keeper.work(() -> unseal(one, partition, 1));
  }

  private void unseal(Wanted one, Partition partition, int attempt) {
    try {
      tryToUnseal(one, partition);
    } catch (StorageException e) {
      log.atWarn()
          .addKeyValue("queue", one.queue().name())
          .addKeyValue("index", one.slot().index())
          .setCause(e)
          .log("a partition that was being moved cannot be served yet");
      keeper.after(
          Backoff.STORAGE.after(attempt),
          () -> keeper.work(() -> unseal(one, partition, attempt + 1)));
    }
  }

  private void tryToUnseal(Wanted one, Partition partition) {
    PartitionKey here = partition.opened().key();
    AtomicReference<@Nullable Relocation> before = new AtomicReference<>();
    Result result =
        records.change(
            one.queue().name(),
            one.slot().key(),
            now -> {
              if (!now.location().key().equals(here)) {
                return null;
              }
              Relocation relocation = now.relocation();
              before.set(relocation);
              return relocation == null
                  ? now
                  : now.relocating(new Relocation(relocation.storage(), null));
            });
    var _ = follower.follow(one.queue().name());
    if (result == Result.CONTENDED) {
      throw away("the queue's record changes again and again");
    }
    if (result == Result.DONE) {
      // the copy cannot come into charge any more
      Optional.ofNullable(before.get()).flatMap(Relocations::copyOf).ifPresent(stored::drop);
      OpenResult again = partition.store().reopen(partition.opened());
      if (again instanceof Opened opened) {
        Batch batch = Seal.off(opened, token(), partition.seal().orElseThrow());
        commit(partition.store(), opened, batch);
      }
      keeper.run(() -> openings.reopen(one, partition.opened()));
    }
  }
}

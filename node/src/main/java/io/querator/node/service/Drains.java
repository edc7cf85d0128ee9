package io.querator.node.service;

import io.querator.client.Limits;
import io.querator.node.service.Openings.Wanted;
import io.querator.queue.Command;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.storage.LowWater;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Drops draining partitions once they are empty. Their state is the [Keeper]'s; what waits runs
/// elsewhere.
final class Drains {
  private static final Duration INTERVAL = Duration.ofMillis(500);
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(10);
  private static final Logger log = LoggerFactory.getLogger(Drains.class);

  private final Keeper keeper;
  private final Queues queues;
  private final QueueDefinitions definitions;
  private final CatalogueFollower follower;
  private final Assignment assignment;
  private final StoredPartitions stored;
  private final InstantSource clock;
  private final Set<PartitionKey> underWay = new HashSet<>();

  Drains(
      Keeper keeper,
      Queues queues,
      QueueDefinitions definitions,
      CatalogueFollower follower,
      Assignment assignment,
      StoredPartitions stored,
      InstantSource clock) {
    this.keeper = keeper;
    this.queues = queues;
    this.definitions = definitions;
    this.follower = follower;
    this.assignment = assignment;
    this.stored = stored;
    this.clock = clock;
  }

  /// Looks at all draining partitions, now and every so often.
  void begin() {
    keeper.after(INTERVAL, this::look);
  }

  private void look() {
    try {
      queues.all().stream().filter(ServedQueue::isDraining).forEach(this::look);
    } finally {
      begin();
    }
  }

  private void look(ServedQueue queue) {
    for (PartitionSlot slot : queue.partitions()) {
      boolean stays = slot.record().relocation() == null;
      if (!slot.isActive() && stays && isDrained(queue, slot) && underWay.add(slot.key())) {
        keeper.work(() -> retire(queue, slot));
      }
    }
  }

  /// Whether a partition is empty, and no key that it may remember can still be asked for.
  private boolean isDrained(ServedQueue queue, PartitionSlot slot) {
    Instant since = queue.record().repartitionedAt();
    Instant keyed = slot.keyedAt();
    boolean forgotten =
        keyed.plus(Limits.IDEMPOTENCY_KEY_RETENTION).isBefore(clock.instant())
            || since.plus(Limits.IDEMPOTENCY_KEY_RETENTION).isBefore(clock.instant());
    return forgotten
        && slot.isServedHere()
        && slot.health() == PartitionSlot.Health.SERVING
        && slot.waiting() == 0
        && slot.mailboxDepth() == 0
        && slot.isCertainlyEmpty();
  }

  private void retire(ServedQueue queue, PartitionSlot slot) {
    boolean gone = false;
    try {
      gone = tryToRetire(queue, slot);
    } catch (StorageException e) {
      log.atWarn()
          .addKeyValue("queue", queue.name())
          .addKeyValue("index", slot.index())
          .setCause(e)
          .log("drained partition could not be dropped yet");
    } finally {
      boolean reopen = !gone;
      keeper.run(() -> {
        underWay.remove(slot.key());
        if (reopen && slot.isOpening()) {
          assignment.appeared(List.of(new Wanted(queue, slot)));
        }
      });
    }
  }

  private boolean tryToRetire(ServedQueue queue, PartitionSlot slot) {
    // the mark is read before the partition is closed: whatever comes meanwhile lies above it
    Partition partition = slot.partition(deadline());
    Outcome<Command.Description> described =
        slot.call(new Command.Describe(new long[0]), deadline());
    if (partition == null
        || !(described instanceof Outcome.Done<Command.Description>(var description))
        || !slot.isCertainlyEmpty()) {
      return false;
    }
    pause(slot);
    if (!isEmptyInStorage(partition, description.lowWater())) {
      return false;
    }
    List<PartitionRecord> forgotten = definitions.forget(queue.name(), Set.of(slot.key()));
    if (forgotten.isEmpty()) {
      return false;
    }
    follower.follow(queue.name()).join();
    stored.drop(forgotten);
    log.atInfo()
        .addKeyValue("queue", queue.name())
        .addKeyValue("index", slot.index())
        .addKeyValue("partition", slot.key())
        .log("drained partition dropped");
    return true;
  }

  /// Ends the loop; calls wait for what comes next.
  private void pause(PartitionSlot slot) {
    CompletableFuture<Boolean> ended = new CompletableFuture<>();
    keeper.run(() -> slot.pause(Reason.MOVED).thenRun(() -> ended.complete(true)));
    ended.orTimeout(CALL_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  private static boolean isEmptyInStorage(Partition partition, LowWater mark) {
    PartitionStore store = partition.store();
    Opened opened = partition.opened();
    return store.heads(opened, new PositionRange(mark.ready(), Long.MAX_VALUE), 1).isEmpty()
        && store.heads(opened, new PositionRange(mark.notReady(), -1), 1).isEmpty();
  }

  private long deadline() {
    return Micros.of(clock.instant().plus(CALL_TIMEOUT));
  }
}

package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.NodeId;
import io.querator.node.relocation.PartitionCopy;
import io.querator.queue.Command;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.queue.PartitionStats;
import io.querator.queue.PartitionStats.Status;
import io.querator.storage.Epoch;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The place of one partition in its queue on this node: the partition itself where it is open, or
/// why it is not.
///
/// Any thread may call; only the [Keeper]'s changes what it is.
public final class PartitionSlot {
  private final PartitionKey key;
  private final InstantSource clock;
  private final AtomicLong pendingItems = new AtomicLong();
  private final AtomicInteger producing = new AtomicInteger();
  private final AtomicInteger leasing = new AtomicInteger();
  private volatile PartitionRecord record;
  private volatile State state = new State.Opening(new CompletableFuture<>());
  private volatile @Nullable PartitionCopy copy;
  private volatile Ready elsewhere = Ready.NOTHING;
  private volatile long lastProduce;
  private volatile long lastLease;
  private volatile Instant keyedAt = Instant.EPOCH;
  private Epoch seen = Epoch.NONE;
  private int losses;
  private boolean wasElsewhere;
  private CompletableFuture<Boolean> settled = new CompletableFuture<>();

  /// Completes when another node is known to own it, for the first time.
  private final CompletableFuture<Boolean> anothers = new CompletableFuture<>();

  private sealed interface State {
    /// Calls wait for what comes next.
    record Opening(CompletableFuture<State> next) implements State {}

    record Open(Partition partition) implements State {}

    /// Another node owns it.
    ///
    /// @param serving whether that node has opened it
    record Elsewhere(NodeId owner, boolean serving) implements State {}

    /// Calls are refused.
    record Down(Reason reason, int failures) implements State {}
  }

  PartitionSlot(PartitionRecord record, InstantSource clock) {
    this.key = record.key();
    this.record = record;
    this.clock = clock;
  }

  public int index() {
    return record.index();
  }

  public PartitionKey key() {
    return key;
  }

  public PartitionRecord record() {
    return record;
  }

  /// Whether it takes new items.
  public boolean isActive() {
    return record.state() == PartitionRecord.State.ACTIVE;
  }

  /// Its numbers, or null where it is not open.
  public @Nullable PartitionStats stats() {
    return state instanceof State.Open(var partition) ? partition.stats() : null;
  }

  /// Whether it is open here and certainly has no items.
  public boolean isCertainlyEmpty() {
    PartitionStats stats = stats();
    return stats != null && stats.exact() && stats.total() == 0 && stats.scheduled() == 0;
  }

  /// How many items wait in its mailbox.
  public long mailboxDepth() {
    return state instanceof State.Open(var partition) ? partition.mailboxDepth() : 0;
  }

  /// Where calls on a partition go.
  public sealed interface Place {
    /// It is open on this node.
    record Here(Partition partition) implements Place {}

    /// Another node owns it.
    record There(NodeId owner) implements Place {}

    /// It cannot be called now.
    record Nowhere(Reason reason) implements Place {}
  }

  /// Where it is, waiting while that is being decided.
  ///
  /// @param deadline microseconds since 1970
  public Place place(long deadline) {
    State settled = settled(deadline);
    return settled == null
        ? new Place.Nowhere(Reason.TIMEOUT)
        : requireNonNull(place(settled), "an opening does not settle");
  }

  private static @Nullable Place place(State state) {
    return switch (state) {
      case State.Open(var partition) -> new Place.Here(partition);
      case State.Elsewhere(var owner, _) -> new Place.There(owner);
      case State.Down(var reason, _) -> new Place.Nowhere(reason);
      case State.Opening _ -> null;
    };
  }

  /// Where it is now; null while that is being decided.
  @Nullable Place placeNow() {
    return place(state);
  }

  /// The other node that owns it; null if none does, as far as this one knows.
  public @Nullable NodeId owner() {
    return state instanceof State.Elsewhere(var owner, _) ? owner : null;
  }

  /// How it is.
  public Health health() {
    return switch (state) {
      case State.Elsewhere(_, var serving) -> serving ? Health.SERVING : Health.OPENING;
      case State.Opening _ -> Health.OPENING;
      case State.Open(var partition) ->
          switch (partition.stats().status()) {
            case SERVING -> Health.SERVING;
            case OPENING -> Health.OPENING;
            case FAILING, CLOSED -> Health.FAILING;
          };
      case State.Down _ -> Health.FAILING;
    };
  }

  /// Whether it is open here, but a call would wait for a turn that goes on for too long already.
  boolean hangs() {
    return state instanceof State.Open(var partition) && partition.hangs();
  }

  /// How it is to whom may choose another: one that hangs is like one that is opened.
  Health prospect() {
    Health health = health();
    return health == Health.SERVING && hangs() ? Health.OPENING : health;
  }

  /// How a partition is, the best first.
  public enum Health {
    SERVING,
    /// Calls wait.
    OPENING,
    /// Calls are refused.
    FAILING
  }

  /// How often opening it has failed in a row; 1 where it was open and its storage is away; 0 where
  /// it is healthy.
  public int failures() {
    return switch (state) {
      case State.Opening _, State.Elsewhere _ -> 0;
      case State.Open(var partition) -> {
        Status status = partition.stats().status();
        yield status == Status.FAILING || status == Status.CLOSED ? 1 : 0;
      }
      case State.Down(_, var failures) -> Math.max(1, failures);
    };
  }

  // What choices go by

  /// What another node that owns it has last said of it.
  ///
  /// @param waiting items that wait there
  /// @param headPlacedAt when the first of them took its place, [Long#MAX_VALUE] if there is none
  record Ready(long waiting, long headPlacedAt) {
    static final Ready NOTHING = new Ready(0, Long.MAX_VALUE);
  }

  /// Items that wait, those of produce calls under way counted.
  long waiting() {
    PartitionStats stats = stats();
    return (stats == null ? elsewhere.waiting() : stats.waiting()) + pendingItems.get();
  }

  /// The owner, another node, has told how much is ready.
  void readyElsewhere(Ready ready) {
    elsewhere = ready;
  }

  /// Whether another node that owns it has said that something is ready.
  boolean isReadyElsewhere() {
    return state instanceof State.Elsewhere && elsewhere.headPlacedAt() != Long.MAX_VALUE;
  }

  /// How many items can be leased here at once.
  int readyItems() {
    PartitionStats stats = stats();
    return stats == null ? 0 : Math.max(stats.ready(), stats.more() ? 1 : 0);
  }

  /// Whether items can be leased here at once.
  public boolean hasReady() {
    PartitionStats stats = stats();
    return stats != null && stats.hasReady() && !hangs();
  }

  long headPlacedAt() {
    PartitionStats stats = stats();
    return stats == null ? elsewhere.headPlacedAt() : stats.headPlacedAt();
  }

  long lastProduce() {
    return lastProduce;
  }

  void producedAt(long turn) {
    lastProduce = turn;
  }

  long lastLease() {
    return lastLease;
  }

  void leasedAt(long turn) {
    lastLease = turn;
  }

  /// A key may be remembered here from now on.
  void keyedAt(Instant instant) {
    keyedAt = instant;
  }

  /// When a key was last sent here since this process started.
  Instant keyedAt() {
    return keyedAt;
  }

  // Calls

  /// Executes `command`, waiting for a partition that is opening.
  ///
  /// @param deadline microseconds since 1970
  public <R> Outcome<R> call(Command<R> command, long deadline) {
    return call(command, deadline, () -> false);
  }

  /// [#call] of a command that goes elsewhere if the partition hangs.
  ///
  /// @param elsewhere whether it can
  private <R> Outcome<R> call(Command<R> command, long deadline, BooleanSupplier elsewhere) {
    State settled = settled(deadline);
    if (settled == null) {
      return new NotExecuted<>(Reason.TIMEOUT);
    }
    return switch (settled) {
      case State.Open(var partition) ->
          partition.call(command, deadline, () -> hangs() && elsewhere.getAsBoolean());
      case State.Elsewhere _ -> new NotExecuted<>(Reason.MOVED);
      case State.Down(var reason, _) -> new NotExecuted<>(reason);
      case State.Opening _ -> throw new IllegalStateException("an opening does not settle");
    };
  }

  /// [#call] of a produce, which counts as waiting until it is done.
  Outcome<Command.Produced> produce(Command.Produce command, long deadline) {
    return produce(command, deadline, () -> false);
  }

  /// [#produce] that goes elsewhere if the partition hangs, and is refused here.
  ///
  /// @param elsewhere whether it can
  Outcome<Command.Produced> produce(
      Command.Produce command, long deadline, BooleanSupplier elsewhere) {
    pendingItems.addAndGet(command.items());
    producing.incrementAndGet();
    try {
      return call(command, deadline, elsewhere);
    } finally {
      producing.decrementAndGet();
      pendingItems.addAndGet(-command.items());
    }
  }

  /// The open partition, waiting for one that is opening; or null.
  @Nullable Partition partition(long deadline) {
    return settled(deadline) instanceof State.Open(var partition) ? partition : null;
  }

  /// The open partition, or null.
  @Nullable Partition partitionNow() {
    return state instanceof State.Open(var partition) ? partition : null;
  }

  /// What copies it to another storage on this node; null: nothing.
  void copying(@Nullable PartitionCopy copies) {
    copy = copies;
  }

  /// How many rows have been copied to another storage by a copy under way on this node; empty if
  /// there is none.
  public OptionalLong copied() {
    PartitionCopy now = copy;
    return now == null ? OptionalLong.empty() : OptionalLong.of(now.copied());
  }

  /// Asks the partition to look into the waiting room, and waits for what comes of it.
  ///
  /// @return what `await` returns
  <T extends @Nullable Object> T lease(Supplier<T> await) {
    leasing.incrementAndGet();
    try {
      wake();
      return await.get();
    } finally {
      leasing.decrementAndGet();
    }
  }

  /// Produce calls under way.
  int producing() {
    return producing.get();
  }

  /// Lease calls that came for this partition first, and have not been told anything yet.
  int leasing() {
    return leasing.get();
  }

  /// Asks the partition to look into the waiting room.
  void wake() {
    if (state instanceof State.Open(var partition)) {
      partition.wake();
    }
  }

  /// What it is after any opening; null at the deadline.
  private @Nullable State settled(long deadline) {
    State now = state;
    while (now instanceof State.Opening(var next)) {
      long wait = deadline - Micros.of(clock.instant());
      try {
        now = next.get(Math.max(0, wait), TimeUnit.MICROSECONDS);
      } catch (TimeoutException e) {
        return null;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      } catch (ExecutionException e) {
        throw new IllegalStateException("states are values", e);
      }
    }
    return now;
  }

  // Changes, by the keeper's thread

  void record(PartitionRecord changed) {
    if (!changed.key().equals(key)) {
      throw new IllegalArgumentException("expected partition " + key + ", found " + changed.key());
    }
    record = changed;
  }

  /// It has been open under `epoch`, here or elsewhere.
  void saw(Epoch epoch) {
    if (epoch.compareTo(seen()) > 0) {
      seen = epoch;
    }
  }

  /// The highest epoch known of it.
  Epoch seen() {
    PartitionStats stats = stats();
    if (stats != null && stats.epoch() > seen.value()) {
      seen = new Epoch(stats.epoch());
    }
    return seen;
  }

  boolean isOpening() {
    return state instanceof State.Opening;
  }

  /// Whether it is open on this node.
  public boolean isServedHere() {
    return state instanceof State.Open;
  }

  boolean isOpen(Partition partition) {
    return state instanceof State.Open(var open) && open == partition;
  }

  /// Whether it is down but meant to be opened again.
  boolean isFailed() {
    return state instanceof State.Down(var reason, _)
        && (reason == Reason.FAILING || reason == Reason.MOVED);
  }

  /// Completes when the opening under way has ended: the partition serves, or cannot.
  CompletableFuture<?> whenSettled() {
    return settled.copy();
  }

  /// Completes when this node has done its part: the partition has settled, or is another node's to
  /// open.
  CompletableFuture<?> whenSettledHere() {
    return CompletableFuture.anyOf(settled, anothers);
  }

  /// @param loaded completes when the partition has read its memory, or has ended
  void open(Partition partition, CompletableFuture<?> loaded) {
    if (wasElsewhere) {
      // whoever owned it before may have been sent keys
      keyedAt = clock.instant();
    }
    elsewhere = Ready.NOTHING;
    seen = partition.opened().epoch();
    become(new State.Open(partition));
    CompletableFuture<Boolean> waiting = settled;
    loaded.thenRun(() -> waiting.complete(true));
  }

  /// Another node owns it. Calls go there.
  void elsewhere(NodeId owner, boolean serving) {
    wasElsewhere = true;
    State next = new State.Elsewhere(owner, serving);
    if (!next.equals(state)) {
      become(next);
    }
    anothers.complete(true);
    if (serving) {
      settled.complete(true);
    }
  }

  void down(Reason reason, int failures) {
    become(new State.Down(reason, failures));
  }

  /// It was taken over by somebody else, or is not there.
  ///
  /// @return how often that has happened
  int lost() {
    return ++losses;
  }

  /// Calls wait again.
  void reopening() {
    losses = 0;
    if (!isOpening()) {
      if (settled.isDone()) {
        settled = new CompletableFuture<>();
      }
      become(new State.Opening(new CompletableFuture<>()));
    }
  }

  /// Ends the partition here. Calls are refused with `reason` from now on.
  ///
  /// @return completes when it has ended
  CompletableFuture<?> close(Reason reason) {
    requireNonNull(reason, "reason");
    State before = state;
    become(new State.Down(reason, 0));
    return before instanceof State.Open(var partition)
        ? partition.close(reason)
        : CompletableFuture.completedFuture(true);
  }

  /// Ends the partition here, while calls wait for what comes next.
  ///
  /// @return completes when it has ended
  CompletableFuture<?> pause(Reason reason) {
    State before = state;
    reopening();
    return before instanceof State.Open(var partition)
        ? partition.close(reason)
        : CompletableFuture.completedFuture(true);
  }

  private void become(State next) {
    State before = state;
    state = next;
    if (before instanceof State.Opening(var waiting)) {
      waiting.complete(next);
    }
    if (next instanceof State.Down) {
      settled.complete(false);
    }
  }
}

package io.querator.node.service;

import io.querator.node.service.LeaseCalls.Elsewhere;
import io.querator.node.service.Peers.Hinted;
import io.querator.node.service.ProduceCalls.Passage;
import io.querator.queue.Command;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.QueueSettings;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A queue and its partitions on this node, as long as it exists under this definition's partition
/// keys: a queue deleted and made again is another one.
///
/// Any thread may call; only the [Keeper]'s changes it.
public final class ServedQueue {
  private final InstantSource clock;
  private final LeaseCalls leases;
  private final ProduceCalls produces;
  private final AtomicInteger producing = new AtomicInteger();
  private final AtomicInteger leasing = new AtomicInteger();
  private final AtomicInteger completing = new AtomicInteger();
  private final AtomicInteger retrying = new AtomicInteger();
  private volatile View view;
  private volatile @Nullable Reason closed;

  /// One moment's definition and the slots of its partitions, in the order of their index.
  ///
  /// @param relocating whether some partition is to lie elsewhere
  record View(
      QueueRecord record, QueueSettings settings, List<PartitionSlot> slots, boolean relocating) {
    static View of(QueueRecord record, QueueSettings settings, List<PartitionSlot> slots) {
      boolean relocating =
          record.partitions().stream().anyMatch(partition -> partition.relocation() != null);
      return new View(record, settings, List.copyOf(slots), relocating);
    }
  }

  /// @param waitersMax how many lease calls may wait
  /// @param keyedAt when keys may last have been sent to its partitions
  ServedQueue(
      QueueRecord record,
      InstantSource clock,
      Elsewhere elsewhere,
      int waitersMax,
      Instant keyedAt) {
    this.clock = clock;
    List<PartitionSlot> slots =
        record.partitions().stream()
            .sorted(Comparator.comparingInt(PartitionRecord::index))
            .map(partition -> new PartitionSlot(partition, clock))
            .toList();
    slots.forEach(slot -> slot.keyedAt(keyedAt));
    view = View.of(record, settingsOf(record), slots);
    PartitionChoice choice = new PartitionChoice();
    leases = new LeaseCalls(() -> view.slots(), choice, clock, waitersMax, elsewhere);
    produces = new ProduceCalls(() -> view, choice, clock, elsewhere.peers());
  }

  private static QueueSettings settingsOf(QueueRecord record) {
    return new QueueSettings(
        record.leaseTimeout(), record.expireTimeout(), record.maxAttempts(), record.deadQueue());
  }

  public String name() {
    return view.record().name();
  }

  /// The definition as it is now.
  public QueueRecord record() {
    return view.record();
  }

  QueueSettings settings() {
    return view.settings();
  }

  /// Every partition, draining ones too, in the order of their index.
  public List<PartitionSlot> partitions() {
    return view.slots();
  }

  /// Whether it has partitions that are to lie elsewhere.
  boolean isRelocating() {
    return view.relocating();
  }

  /// Whether it has partitions that take no new items.
  boolean isDraining() {
    return view.record().requestedPartitions() < view.slots().size();
  }

  /// The partition with number `index`, or null if there is none.
  public @Nullable PartitionSlot partition(int index) {
    List<PartitionSlot> slots = view.slots();
    if (index >= 0 && index < slots.size() && slots.get(index).index() == index) {
      return slots.get(index);
    }
    for (PartitionSlot slot : slots) {
      if (slot.index() == index) {
        return slot;
      }
    }
    return null;
  }

  /// The partition whose key has this text, or null if there is none.
  public @Nullable PartitionSlot partition(String key) {
    return view.slots().stream()
        .filter(slot -> slot.key().toString().equals(key))
        .findFirst()
        .orElse(null);
  }

  /// The partition with this key, or null if there is none.
  public @Nullable PartitionSlot partition(PartitionKey key) {
    return view.slots().stream().filter(slot -> slot.key().equals(key)).findFirst().orElse(null);
  }

  WaitingRoom room() {
    return leases.room();
  }

  /// How many calls of each kind wait now.
  public Waiting waiting() {
    return new Waiting(
        producing.get(),
        leases.room().size(),
        completing.get(),
        producing.get() + leasing.get() + completing.get() + retrying.get());
  }

  /// Calls that wait.
  ///
  /// @param inFlight all calls under way on items of this queue
  public record Waiting(int produces, int leases, int completes, int inFlight) {}

  // Calls

  /// Adds items to the partition that suits best.
  ///
  /// @param deadline microseconds since 1970, as all deadlines here
  /// @param passage to partitions of other nodes
  public Placed<Produced> produce(Produce command, Passage passage, long deadline) {
    return counted(producing, () -> produces.produce(command, passage, deadline));
  }

  /// [#produce] to partitions of this node.
  public Placed<Produced> produce(Produce command, long deadline) {
    return produce(command, (_, _, _) -> new NotExecuted<>(Reason.MOVED), deadline);
  }

  /// Adds items to `slot`, which is open here or not served at all.
  public Placed<Produced> produceIn(PartitionSlot slot, Produce command, long deadline) {
    return counted(producing, () -> produces.produceIn(slot, command, deadline));
  }

  /// Waits until a partition has something for `waiter`, at most until `deadline`.
  ///
  /// @param onDisconnect takes what is to be done when the client goes; not called if the answer is
  ///   there almost at once
  public LeaseResult lease(Waiter waiter, long deadline, Consumer<Runnable> onDisconnect) {
    return counted(leasing, () -> leases.lease(waiter, deadline, onDisconnect));
  }

  /// See [Registrations#yields].
  boolean yields(String client, long begun) {
    return leases.yields(client, begun);
  }

  /// Leases what is ready in `slot` to a call that waits on another node.
  public LeaseAnswer leaseHere(Waiter waiter, PartitionSlot slot) {
    return leases.leaseHere(waiter, slot);
  }

  /// Another node has something ready in a partition of this queue.
  ///
  /// @param ready how many items, at least
  public Hinted hinted(PartitionKey partition, int ready) {
    return leases.hinted(partition, ready);
  }

  /// Executes a complete in `slot`.
  public <R> Outcome<R> complete(PartitionSlot slot, Command<R> command, long deadline) {
    return counted(completing, () -> call(slot, command, deadline));
  }

  /// Executes a retry in `slot`.
  public <R> Outcome<R> retry(PartitionSlot slot, Command<R> command, long deadline) {
    return counted(retrying, () -> call(slot, command, deadline));
  }

  /// Executes any other command in `slot`.
  public <R> Outcome<R> call(PartitionSlot slot, Command<R> command, long deadline) {
    Reason reason = closed;
    return reason != null ? new NotExecuted<>(reason) : slot.call(command, deadline);
  }

  /// Executes the same in every partition, draining ones too.
  ///
  /// @param action what to do with one
  /// @return done if all have; the refusal of one if none has; else that it is not known
  public <R> Placed<R> forAll(Function<PartitionSlot, Outcome<R>> action) {
    List<PartitionSlot> slots = view.slots();
    List<Placed<R>> placed =
        Parallel.map(slots, slot -> new Placed<>(slot.index(), action.apply(slot)));
    List<Placed<R>> failed =
        placed.stream().filter(one -> !(one.outcome() instanceof Outcome.Done<R>)).toList();
    if (failed.isEmpty()) {
      return placed.getFirst();
    }
    Placed<R> first = failed.getFirst();
    boolean none = failed.size() == placed.size();
    return none ? first : new Placed<>(first.partition(), new Outcome.Unknown<>(false));
  }

  private static <T> T counted(AtomicInteger gauge, Supplier<T> call) {
    gauge.incrementAndGet();
    try {
      return call.get();
    } finally {
      gauge.decrementAndGet();
    }
  }

  // Changes, by the keeper's thread

  /// Whether `other` defines this queue, and not another one of the same name. Partition 0 exists
  /// as long as its queue.
  boolean isDefinedBy(QueueRecord other) {
    return keyOfFirst(record()).equals(keyOfFirst(other));
  }

  private static PartitionKey keyOfFirst(QueueRecord record) {
    return record.partitions().stream()
        .min(Comparator.comparingInt(PartitionRecord::index))
        .map(PartitionRecord::key)
        .orElseThrow(() -> new IllegalStateException("a queue without partitions: " + record));
  }

  /// What a new definition asks for.
  ///
  /// @param added slots that must be opened
  /// @param removed slots that are no longer part of the queue
  /// @param moved slots whose partitions lie elsewhere now
  /// @param configured whether open partitions must be told of new settings
  record Change(
      List<PartitionSlot> added,
      List<PartitionSlot> removed,
      List<PartitionSlot> moved,
      boolean configured) {}

  /// Follows its definition.
  Change follow(QueueRecord record) {
    View before = view;
    Map<PartitionKey, PartitionSlot> existing = new HashMap<>();
    before.slots().forEach(slot -> existing.put(slot.key(), slot));
    List<PartitionSlot> slots = new ArrayList<>();
    List<PartitionSlot> added = new ArrayList<>();
    List<PartitionSlot> moved = new ArrayList<>();
    for (PartitionRecord partition : record.partitions()) {
      PartitionSlot slot = existing.remove(partition.key());
      if (slot == null) {
        slot = new PartitionSlot(partition, clock);
        added.add(slot);
      } else {
        if (!slot.record().location().equals(partition.location())) {
          moved.add(slot);
        }
        slot.record(partition);
      }
      slots.add(slot);
    }
    slots.sort(Comparator.comparingInt(PartitionSlot::index));
    QueueSettings settings = settingsOf(record);
    view = View.of(record, settings, slots);
    boolean configured = !settings.equals(before.settings());
    return new Change(added, List.copyOf(existing.values()), moved, configured);
  }

  /// Refuses whatever comes from now on and ends the lease calls that wait, all with `reason`. For
  /// any thread.
  void refuse(Reason reason) {
    closed = reason;
    produces.close(reason);
    leases.close(reason);
  }

  /// Ends everything here: whoever waits is told `reason`, and so is everyone who comes later.
  ///
  /// @return completes when all loops have ended
  CompletableFuture<?> close(Reason reason) {
    refuse(reason);
    return CompletableFuture.allOf(
        view.slots().stream().map(slot -> slot.close(reason)).toArray(CompletableFuture[]::new));
  }

  boolean isClosed() {
    return closed != null;
  }
}

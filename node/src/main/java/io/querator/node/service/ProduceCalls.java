package io.querator.node.service;

import io.querator.client.Limits;
import io.querator.cluster.NodeId;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.node.service.ServedQueue.View;
import io.querator.queue.Command.FindKey;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.KeyEntry;
import io.querator.storage.Micros;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where the produce calls of one queue go. Safe for use by many threads.
///
/// A call without a key goes where [PartitionChoice] says, and on to the next partition if that one
/// has certainly not executed it. A call with a key has one home, so that a repeat finds what the
/// first has done.
public final class ProduceCalls {
  /// How long a call waits for a partition that moves to another node.
  private static final long MOVE_MICROS = 5_000_000;

  private static final long MOVE_PAUSE_NANOS = 5_000_000;

  private final Supplier<View> view;
  private final Peers peers;
  private final PartitionChoice choice;
  private final InstantSource clock;
  private volatile @Nullable Reason closed;

  /// Passes a produce on to the owner of a partition on another node.
  @FunctionalInterface
  public interface Passage {
    Outcome<Produced> pass(NodeId owner, PartitionSlot slot, long deadline);
  }

  ProduceCalls(Supplier<View> view, PartitionChoice choice, InstantSource clock, Peers peers) {
    this.view = view;
    this.peers = peers;
    this.choice = choice;
    this.clock = clock;
  }

  Placed<Produced> produce(Produce command, Passage passage, long deadline) {
    RequestKey key = command.key();
    return key == null
        ? anywhere(command, passage, deadline)
        : atHome(command, key, passage, deadline);
  }

  /// Produces in one partition, and nowhere else.
  Placed<Produced> produceIn(PartitionSlot slot, Produce command, long deadline) {
    Reason reason = closed;
    if (reason == null && command.key() != null) {
      slot.keyedAt(clock.instant());
    }
    Outcome<Produced> outcome =
        reason == null ? slot.produce(command, deadline) : new NotExecuted<>(reason);
    return new Placed<>(slot.index(), outcome);
  }

  private static Outcome<Produced> at(
      PartitionSlot slot,
      Produce command,
      Passage passage,
      long deadline,
      BooleanSupplier elsewhere) {
    return switch (slot.place(deadline)) {
      case Place.Here _ -> slot.produce(command, deadline, elsewhere);
      case Place.There(var owner) -> passage.pass(owner, slot, deadline);
      case Place.Nowhere(var reason) -> new NotExecuted<>(reason);
    };
  }

  /// Everyone who comes from now on is told `reason`.
  void close(Reason reason) {
    closed = reason;
  }

  private Placed<Produced> anywhere(Produce command, Passage passage, long deadline) {
    long moving = moving(deadline);
    List<PartitionSlot> tried = List.of();
    Placed<Produced> refusal = null;
    Placed<Produced> moved = new Placed<>(0, new NotExecuted<>(Reason.FAILING));
    while (true) {
      Reason reason = closed;
      if (reason != null) {
        return new Placed<>(0, new NotExecuted<>(reason));
      }
      PartitionSlot slot = choice.forProduce(view.get().slots(), tried);
      if (slot == null) {
        if (refusal == null || !isMoved(refusal) || isPast(moving)) {
          return refusal == null ? moved : refusal;
        }
        LockSupport.parkNanos(MOVE_PAUSE_NANOS);
        tried = List.of();
        moved = refusal;
        refusal = null;
        continue;
      }
      List<PartitionSlot> refused = tried;
      BooleanSupplier elsewhere = () -> PartitionChoice.isElsewhere(view.get().slots(), refused);
      Outcome<Produced> outcome = at(slot, command, passage, deadline, elsewhere);
      Placed<Produced> placed = new Placed<>(slot.index(), outcome);
      if (!isWorthAnother(outcome) || isPast(deadline)) {
        return placed;
      }
      refusal = moreTelling(refusal, placed);
      tried = tried.isEmpty() ? new ArrayList<>() : tried;
      tried.add(slot);
    }
  }

  /// Whether another partition may take what this one has certainly not.
  private static boolean isWorthAnother(Outcome<Produced> outcome) {
    return outcome instanceof NotExecuted<Produced>(var reason)
        && switch (reason) {
          case OVERLOADED, FAILING, MOVED, DELETED -> true;
          case TIMEOUT, SHUTDOWN, LEFT -> false;
        };
  }

  private static Placed<Produced> moreTelling(
      @Nullable Placed<Produced> before, Placed<Produced> after) {
    if (before != null
        && before.outcome() instanceof NotExecuted<Produced>(var reason)
        && reason == Reason.OVERLOADED) {
      return before;
    }
    return after;
  }

  private static boolean isMoved(@Nullable Placed<Produced> refusal) {
    return refusal != null
        && refusal.outcome() instanceof NotExecuted<Produced>(var reason)
        && reason == Reason.MOVED;
  }

  /// Until when a partition that moves, to another node or another storage, is waited for.
  private long moving(long deadline) {
    return Math.min(deadline, Micros.of(clock.instant()) + MOVE_MICROS);
  }

  private boolean isPast(long deadline) {
    return deadline <= Micros.of(clock.instant());
  }

  private Placed<Produced> atHome(Produce command, RequestKey key, Passage passage, long deadline) {
    long moving = moving(deadline);
    while (true) {
      Placed<Produced> placed = atHomeOnce(command, key, passage, deadline);
      // with its key it is safe to repeat, whatever became of it
      boolean again =
          isMoved(placed)
              || placed.outcome() instanceof Outcome.Unknown<Produced>(var late) && !late;
      if (!again || isPast(moving)) {
        return placed;
      }
      LockSupport.parkNanos(MOVE_PAUSE_NANOS);
    }
  }

  private Placed<Produced> atHomeOnce(
      Produce command, RequestKey key, Passage passage, long deadline) {
    Reason reason = closed;
    if (reason != null) {
      return new Placed<>(0, new NotExecuted<>(reason));
    }
    View now = view.get();
    List<PartitionSlot> active = now.slots().stream().filter(PartitionSlot::isActive).toList();
    PartitionSlot home = KeyPlacement.home(key.key(), active);
    if (mayHaveMoved(now)) {
      for (PartitionSlot old : KeyPlacement.homesAtAnyTime(key.key(), now.slots())) {
        Placed<Produced> known = old == home ? null : known(old, key, deadline);
        if (known != null) {
          return known;
        }
      }
    }
    home.keyedAt(clock.instant());
    return new Placed<>(home.index(), at(home, command, passage, deadline, () -> false));
  }

  private boolean mayHaveMoved(View now) {
    Instant since = now.record().repartitionedAt();
    boolean ever = !since.equals(now.record().createdAt());
    return ever && clock.instant().isBefore(since.plus(Limits.IDEMPOTENCY_KEY_RETENTION));
  }

  /// What an old home knows of the request; null if nothing.
  private @Nullable Placed<Produced> known(PartitionSlot old, RequestKey key, long deadline) {
    NodeId owner = old.owner();
    Outcome<Optional<KeyEntry>> outcome =
        owner == null
            ? old.call(new FindKey(key.key()), deadline)
            : peers.findKey(
                new Peers.Target(owner, view.get().record().name(), old.key()),
                key.key(),
                deadline);
    return switch (outcome) {
      case Done<Optional<KeyEntry>>(var found) ->
          found
              .map(entry -> new Placed<Produced>(old.index(), new Done<>(repeated(entry, key))))
              .orElse(null);
      // a partition that is dropped has been empty of keys
      case NotExecuted<Optional<KeyEntry>>(var reason) when reason == Reason.DELETED -> null;
      case NotExecuted<Optional<KeyEntry>>(var reason) ->
          new Placed<>(old.index(), new NotExecuted<>(reason));
      // looking changes nothing, so the produce has not been executed
      case Outcome.Unknown<Optional<KeyEntry>> _, Outcome.Refused<Optional<KeyEntry>> _ ->
          new Placed<>(old.index(), new NotExecuted<>(Reason.FAILING));
    };
  }

  private static Produced repeated(KeyEntry entry, RequestKey key) {
    return entry.request().equals(key.request()) ? Produced.REPEATED : Produced.KEY_REUSED;
  }
}

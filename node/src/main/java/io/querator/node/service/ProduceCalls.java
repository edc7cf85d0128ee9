package io.querator.node.service;

import io.querator.client.Limits;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where the produce calls of one queue go. Safe for use by many threads.
///
/// A call without a key goes to the partition with the fewest waiting items, and on to the next if
/// that one has certainly not executed it. A call with a key has one home, so that a repeat finds
/// what the first has done.
final class ProduceCalls {
  private final Supplier<View> view;
  private final PartitionChoice choice;
  private final InstantSource clock;
  private volatile @Nullable Reason closed;

  ProduceCalls(Supplier<View> view, PartitionChoice choice, InstantSource clock) {
    this.view = view;
    this.choice = choice;
    this.clock = clock;
  }

  Placed<Produced> produce(Produce command, long deadline) {
    RequestKey key = command.key();
    return key == null ? anywhere(command, deadline) : atHome(command, key, deadline);
  }

  /// Everyone who comes from now on is told `reason`.
  void close(Reason reason) {
    closed = reason;
  }

  private Placed<Produced> anywhere(Produce command, long deadline) {
    List<PartitionSlot> tried = List.of();
    Placed<Produced> refusal = null;
    while (true) {
      Reason reason = closed;
      if (reason != null) {
        return new Placed<>(0, new NotExecuted<>(reason));
      }
      PartitionSlot slot = choice.forProduce(view.get().slots(), tried);
      if (slot == null) {
        return refusal != null ? refusal : new Placed<>(0, new NotExecuted<>(Reason.FAILING));
      }
      Outcome<Produced> outcome = slot.produce(command, deadline);
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
          case TIMEOUT, SHUTDOWN -> false;
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

  private boolean isPast(long deadline) {
    return deadline <= Micros.of(clock.instant());
  }

  private Placed<Produced> atHome(Produce command, RequestKey key, long deadline) {
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
    return new Placed<>(home.index(), home.produce(command, deadline));
  }

  private boolean mayHaveMoved(View now) {
    Instant since = now.record().repartitionedAt();
    boolean ever = !since.equals(now.record().createdAt());
    return ever && clock.instant().isBefore(since.plus(Limits.IDEMPOTENCY_KEY_RETENTION));
  }

  /// What an old home knows of the request; null if nothing.
  private static @Nullable Placed<Produced> known(
      PartitionSlot old, RequestKey key, long deadline) {
    Outcome<Optional<KeyEntry>> outcome = old.call(new FindKey(key.key()), deadline);
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

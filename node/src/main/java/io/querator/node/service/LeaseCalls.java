package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Hinted;
import io.querator.node.service.Peers.Target;
import io.querator.node.service.Registrations.Registration;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How the lease calls of one queue wait and are woken. Safe for use by many threads; each call
/// waits on its own.
///
/// A call parks for one partition that has something ready, and wakes it; only if that comes to
/// nothing, for the others. After that nobody looks for items every so often: whatever makes an
/// item available makes its partition look into the room, and a partition that could not serve a
/// call after all has the others look. Partitions of other nodes do not look into this room: their
/// owners are told that somebody waits here, and hint at what gets ready. All that a call looks at
/// from time to time, seldom when it waits for long, is where its client is to be registered.
final class LeaseCalls {
  /// How long the partition that was chosen is waited for before the others are asked.
  private static final long FIRST_MICROS = 10_000;

  /// How long after its deadline a call waits for a lease that is being written.
  private static final long MARGIN_MICROS = 1_000_000;

  /// How long a lease on another node may take.
  private static final long ELSEWHERE_MICROS = 2_000_000;

  /// How long a call of another node is looked after here, and how often.
  private static final long HERE_MICROS = 500_000;

  private static final long LOOK_MICROS = 20_000;

  /// After how long a call that waits looks again where its client is to be registered, each time
  /// after twice as long as before, and at the most.
  private static final long FOLLOW_MICROS = 20_000;

  private static final long FOLLOW_MAX_MICROS = 10_000_000;

  /// How many calls one hint serves.
  private static final int HINT_MAX = 8;

  private final Supplier<List<PartitionSlot>> slots;
  private final PartitionChoice choice;
  private final InstantSource clock;
  private final Elsewhere elsewhere;
  private final WaitingRoom room;
  private final Registrations registrations;
  private volatile @Nullable Reason closed;

  /// The other nodes, for one queue.
  ///
  /// @param queue its name
  /// @param clients who waits on other nodes, where this one keeps the list
  /// @param hints tells those who wait elsewhere
  record Elsewhere(String queue, Peers peers, WaitingClients clients, Hints hints) {}

  LeaseCalls(
      Supplier<List<PartitionSlot>> slots,
      PartitionChoice choice,
      InstantSource clock,
      int waitersMax,
      Elsewhere elsewhere) {
    this.slots = slots;
    this.choice = choice;
    this.clock = clock;
    this.elsewhere = elsewhere;
    room =
        new WaitingRoom(
            waitersMax,
            this::wakeReady,
            partition -> elsewhere.hints().ready(elsewhere.queue(), partition));
    registrations =
        new Registrations(
            elsewhere.queue(),
            slots,
            room,
            elsewhere.peers(),
            elsewhere.clients(),
            task -> Thread.ofVirtual().start(task));
  }

  WaitingRoom room() {
    return room;
  }

  /// See [Registrations#yields].
  boolean yields(String client, long begun) {
    return registrations.yields(client, begun);
  }

  /// @param deadline microseconds since 1970
  /// @param onDisconnect takes what is to be done when the client goes
  LeaseResult lease(Waiter waiter, long deadline, Consumer<Runnable> onDisconnect) {
    long begun = Micros.of(clock.instant());
    elsewhere.peers().leases(elsewhere.queue());
    PartitionSlot first = choice.forLease(slots.get());
    PartitionSlot here = first != null && first.owner() == null ? first : null;
    switch (room.park(waiter, here == null ? null : here.key())) {
      case WAITING -> {}
      case DUPLICATE_CLIENT -> {
        return new LeaseResult.DuplicateClient();
      }
      case FULL -> {
        return new LeaseResult.Full();
      }
    }
    Reason reason = closed;
    if (reason != null) {
      // the room may have been emptied just before
      room.leave(waiter, reason);
    }
    LeaseAnswer got = null;
    if (here != null) {
      long wait = Math.min(FIRST_MICROS, remaining(deadline));
      got = here.lease(() -> await(waiter.answer(), wait));
    } else if (first != null) {
      got = leaseElsewhere(waiter, first);
    }
    if (got != null) {
      return new LeaseResult.Answered(got);
    }
    onDisconnect.accept(() -> room.abandon(waiter));
    return await(waiter, begun, deadline);
  }

  /// @param begun microseconds since 1970
  private LeaseResult await(Waiter waiter, long begun, long deadline) {
    room.offerToAll(waiter);
    // also if nothing was ready: an item may have come before this call was in the room
    wakeReady();
    try (Registration registration = registrations.of(waiter, begun, deadline)) {
      long look = elsewhere.peers().others().isEmpty() ? FOLLOW_MAX_MICROS : FOLLOW_MICROS;
      while (remaining(deadline) > look && !Thread.currentThread().isInterrupted()) {
        if (!elsewhere.peers().others().isEmpty()) {
          elsewhere.peers().interest(elsewhere.queue());
        }
        registration.follow();
        LeaseAnswer got = await(waiter.answer(), look);
        if (got != null) {
          return registration.result(got);
        }
        look = Math.min(2 * look, FOLLOW_MAX_MICROS);
      }
      return registration.result(awaitOrLeave(waiter, deadline));
    }
  }

  private LeaseAnswer awaitOrLeave(Waiter waiter, long deadline) {
    LeaseAnswer got = await(waiter.answer(), remaining(deadline));
    return got != null ? got : leave(waiter);
  }

  private LeaseAnswer leave(Waiter waiter) {
    if (!room.leave(waiter, Reason.TIMEOUT) && await(waiter.answer(), MARGIN_MICROS) == null) {
      room.abandon(waiter);
    }
    return waiter.answer().join();
  }

  private long remaining(long deadline) {
    return Math.max(0, deadline - Micros.of(clock.instant()));
  }

  private long in(long micros) {
    return Micros.of(clock.instant()) + micros;
  }

  private static @Nullable LeaseAnswer await(CompletableFuture<LeaseAnswer> answer, long micros) {
    try {
      return answer.get(micros, TimeUnit.MICROSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException("answers are values", e);
    }
  }

  // Other nodes' partitions

  /// Leases for one waiter what is ready on another node.
  ///
  /// @return the waiter's answer; null if there is none yet
  private @Nullable LeaseAnswer leaseElsewhere(Waiter waiter, PartitionSlot slot) {
    if (room.reserve(waiter)) {
      leaseReserved(waiter, slot);
    }
    return waiter.answer().getNow(null);
  }

  /// @return whether there was something
  private boolean leaseReserved(Waiter waiter, PartitionSlot slot) {
    NodeId owner = slot.owner();
    if (owner == null) {
      room.release(List.of(waiter));
      return false;
    }
    Target target = new Target(owner, elsewhere.queue(), slot.key());
    LeaseAnswer got = elsewhere.peers().lease(target, waiter, in(ELSEWHERE_MICROS));
    if (!(got instanceof LeaseAnswer.Leased leased)) {
      if (got instanceof LeaseAnswer.Unknown) {
        room.unknown(waiter);
      }
      slot.readyElsewhere(PartitionSlot.Ready.NOTHING);
      room.release(List.of(waiter));
      return false;
    }
    if (!room.answer(waiter, leased)) {
      elsewhere.peers().giveBack(target, leased);
    }
    return true;
  }

  /// Another node has something ready in a partition of this queue.
  ///
  /// @param ready how many items, at least
  Hinted hinted(PartitionKey partition, int ready) {
    PartitionSlot slot =
        slots.get().stream().filter(one -> one.key().equals(partition)).findFirst().orElse(null);
    if (slot == null || slot.owner() == null) {
      return Hinted.NOBODY;
    }
    List<Waiter> reserved = room.reserve(Math.clamp(ready, 1, HINT_MAX));
    if (reserved.isEmpty()) {
      return Hinted.NOBODY;
    }
    List<Boolean> got = Parallel.map(reserved, waiter -> leaseReserved(waiter, slot));
    return got.contains(true) ? Hinted.TOOK : Hinted.NOTHING;
  }

  /// Leases what is ready in a partition here to a call that waits on another node.
  LeaseAnswer leaseHere(Waiter waiter, PartitionSlot slot) {
    if (room.park(waiter, slot.key()) != WaitingRoom.Parked.WAITING) {
      return new LeaseAnswer.Ended(Reason.OVERLOADED);
    }
    long until = in(HERE_MICROS);
    LeaseAnswer got;
    do {
      slot.wake();
      got = await(waiter.answer(), LOOK_MICROS);
    } while (got == null && slot.hasReady() && Micros.of(clock.instant()) < until);
    return got != null ? got : leave(waiter);
  }

  /// Has every partition with something ready look into the room.
  void wakeReady() {
    for (PartitionSlot slot : slots.get()) {
      if (slot.hasReady()) {
        slot.wake();
      }
    }
  }

  /// Ends all calls, those to come too.
  void close(Reason reason) {
    closed = reason;
    room.close(reason);
  }
}

package io.querator.node.service;

import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import io.querator.storage.Micros;
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
/// nothing, for the others. After that no timer runs but its own timeout: whatever makes an item
/// available makes its partition look into the room, and a partition that could not serve a call
/// after all has the others look.
final class LeaseCalls {
  /// How long the partition that was chosen is waited for before the others are asked.
  private static final long FIRST_MICROS = 10_000;

  /// How long after its deadline a call waits for a lease that is being written.
  private static final long MARGIN_MICROS = 1_000_000;

  private final Supplier<List<PartitionSlot>> slots;
  private final PartitionChoice choice;
  private final InstantSource clock;
  private final WaitingRoom room;
  private volatile @Nullable Reason closed;

  LeaseCalls(
      Supplier<List<PartitionSlot>> slots,
      PartitionChoice choice,
      InstantSource clock,
      int waitersMax) {
    this.slots = slots;
    this.choice = choice;
    this.clock = clock;
    room = new WaitingRoom(waitersMax, this::wakeReady);
  }

  WaitingRoom room() {
    return room;
  }

  /// @param deadline microseconds since 1970
  /// @param onDisconnect takes what is to be done when the client goes
  LeaseResult lease(Waiter waiter, long deadline, Consumer<Runnable> onDisconnect) {
    PartitionSlot first = choice.forLease(slots.get());
    switch (room.park(waiter, first == null ? null : first.key())) {
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
    return new LeaseResult.Answered(serve(waiter, first, deadline, onDisconnect));
  }

  private LeaseAnswer serve(
      Waiter waiter,
      @Nullable PartitionSlot first,
      long deadline,
      Consumer<Runnable> onDisconnect) {
    CompletableFuture<LeaseAnswer> answer = waiter.answer();
    LeaseAnswer got = null;
    if (first != null) {
      first.wake();
      got = await(answer, Math.min(FIRST_MICROS, remaining(deadline)));
    }
    if (got == null) {
      onDisconnect.accept(() -> room.abandon(waiter));
      room.offerToAll(waiter);
      // also if nothing was ready: an item may have come before this call was in the room
      wakeReady();
      got = await(answer, remaining(deadline));
    }
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

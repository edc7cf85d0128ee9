package io.querator.node.api;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.cluster.NodeId;
import io.querator.node.api.Forwarding.Passing;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.http.ListHandler;
import io.querator.node.http.Passed;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.node.service.ServedQueue;
import io.querator.storage.Micros;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Takes a call that names its partition to the node that owns it. One that comes from another node
/// is executed here, or not at all.
///
/// @param queue the name of the queue, as the request says it
/// @param partition the number of the partition
/// @param timeout how long the request may take
record Routed<Q extends Message>(
    QueueLookup queues,
    Forwarding forwarding,
    InstantSource clock,
    Function<Q, String> queue,
    ToIntFunction<Q> partition,
    Function<Q, Duration> timeout) {
  /// How long a call waits for a partition that moves to another node.
  static final Duration MOVE = Duration.ofSeconds(5);

  /// How long a call of another node waits for a partition that is being opened here.
  private static final Duration OPENING = Duration.ofSeconds(2);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  <A extends Message> CallHandler<Q, A> handler(Call<Q, A> call, CallHandler<Q, A> here) {
    return (request, context) ->
        route(
            request,
            context,
            () -> here.handle(request, context),
            (owner, slot) -> forwarding.pass(owner, passing(call, request, context, slot)));
  }

  /// @param element the default instance of the elements of the answer
  <E extends Message> ListHandler<Q, E> listHandler(
      Call<Q, ?> call, E element, ListHandler<Q, E> here) {
    return (request, context, elements) ->
        route(
            request,
            context,
            () -> {
              here.handle(request, context, elements);
              return true;
            },
            (owner, slot) -> {
              forwarding.passList(owner, passing(call, request, context, slot), element, elements);
              return true;
            });
  }

  private <A extends Message> Passing<A> passing(
      Call<?, A> call, Q request, CallContext context, PartitionSlot slot) {
    return new Passing<>(
        call, context, slot.index(), slot.key().toString(), timeout.apply(request));
  }

  /// Passes on to the owner of a partition.
  @FunctionalInterface
  interface There<T> {
    T pass(NodeId owner, PartitionSlot slot);
  }

  private <T> T route(Q request, CallContext context, Supplier<T> here, There<T> there) {
    Passed passed = context.caller().passed();
    ServedQueue served = queues.seek(queue.apply(request), passed == null);
    int index = partition.applyAsInt(request);
    PartitionSlot slot = served == null ? null : served.partition(index);
    if (passed != null) {
      checkHere(slot, index, passed);
      return here.get();
    }
    return slot == null ? here.get() : route(slot, timeout.apply(request), here, there);
  }

  /// Executes here or there, wherever the partition is, again while it moves.
  private <T> T route(PartitionSlot slot, Duration time, Supplier<T> here, There<T> there) {
    long until = in(time.compareTo(MOVE) < 0 ? time : MOVE);
    while (true) {
      try {
        return slot.place(until) instanceof Place.There(var owner)
            ? there.pass(owner, slot)
            : here.get();
      } catch (MovedException e) {
        if (Micros.of(clock.instant()) >= until) {
          throw e;
        }
        pause();
      }
    }
  }

  /// Before a partition that moves is looked for again.
  static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private void checkHere(@Nullable PartitionSlot slot, int index, Passed passed) {
    checkHere(slot, index, passed, in(OPENING));
  }

  /// @throws MovedException if the partition that another node means is not open here
  static void checkHere(@Nullable PartitionSlot slot, int index, Passed passed, long deadline) {
    boolean here =
        slot != null
            && slot.key().toString().equals(passed.partition())
            && !(slot.place(deadline) instanceof Place.There);
    if (!here) {
      throw new MovedException(index);
    }
  }

  private long in(Duration time) {
    return Micros.of(clock.instant().plus(time));
  }
}

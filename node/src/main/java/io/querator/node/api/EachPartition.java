package io.querator.node.api;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.cluster.NodeId;
import io.querator.node.api.Forwarding.Passing;
import io.querator.node.http.CallContext;
import io.querator.node.http.Passed;
import io.querator.node.http.ReplyException;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.node.service.Placed;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Micros;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Function;

/// Takes a call for a whole queue to every partition of it, wherever it is. One that comes from
/// another node is for the one partition that it names.
record EachPartition(Forwarding forwarding, InstantSource clock) {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  /// @param here executes the call in a partition that is open here
  Placed<Boolean> execute(
      ServedQueue queue,
      Call<?, ? extends Message> call,
      CallContext context,
      Function<PartitionSlot, Outcome<Boolean>> here) {
    Passed passed = context.caller().passed();
    if (passed == null) {
      return queue.forAll(slot -> execute(slot, call, context, here));
    }
    PartitionSlot slot = queue.partition(passed.partition());
    int index = slot == null ? 0 : slot.index();
    Routed.checkHere(slot, index, passed, in(Routed.MOVE));
    return new Placed<>(index, slot == null ? new NotExecuted<>(Reason.MOVED) : here.apply(slot));
  }

  private Outcome<Boolean> execute(
      PartitionSlot slot,
      Call<?, ? extends Message> call,
      CallContext context,
      Function<PartitionSlot, Outcome<Boolean>> here) {
    long until = in(Routed.MOVE);
    while (true) {
      Outcome<Boolean> outcome =
          slot.place(until) instanceof Place.There(var owner)
              ? pass(
                  new Passing<>(call, context, slot.index(), slot.key().toString(), TIMEOUT), owner)
              : here.apply(slot);
      boolean moved = outcome instanceof NotExecuted<Boolean>(var reason) && reason == Reason.MOVED;
      if (!moved || Micros.of(clock.instant()) >= until) {
        return outcome;
      }
      Routed.pause();
    }
  }

  private Outcome<Boolean> pass(Passing<?> passing, NodeId owner) {
    try {
      forwarding.pass(owner, passing);
      return new Outcome.Done<>(true);
    } catch (ReplyException e) {
      return Refusals.outcome(e);
    }
  }

  private long in(Duration time) {
    return Micros.of(clock.instant().plus(time));
  }
}

package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Registered;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The calls that wait on one queue here, as other nodes hear of them: a client may wait on one
/// node only. The owner of the queue's lowest partition, its registrar, keeps the list.
///
/// Of two calls the one that has begun before stays, in whichever order the registrar hears of
/// them. Where it cannot be asked, both wait. Safe for use by many threads.
final class Registrations {
  private final String queue;
  private final Supplier<List<PartitionSlot>> slots;
  private final WaitingRoom room;
  private final Peers peers;
  private final WaitingClients clients;

  /// By their clients.
  private final Map<String, Registration> waiting = new ConcurrentHashMap<>();

  Registrations(
      String queue,
      Supplier<List<PartitionSlot>> slots,
      WaitingRoom room,
      Peers peers,
      WaitingClients clients) {
    this.queue = queue;
    this.slots = slots;
    this.room = room;
    this.peers = peers;
    this.clients = clients;
  }

  /// A call that waits from now on, until it is closed.
  ///
  /// @param begun microseconds since 1970
  /// @param until microseconds since 1970
  Registration of(Waiter waiter, long begun, long until) {
    Registration registration = new Registration(waiter, begun, until);
    waiting.put(waiter.clientId(), registration);
    return registration;
  }

  /// Whether a client may wait on another node since `begun`: it does not wait here, or the call
  /// here has begun later and is refused now.
  ///
  /// @param begun microseconds since 1970
  boolean yields(String client, long begun) {
    Registration mine = waiting.get(client);
    return mine == null || mine.yieldsTo(begun);
  }

  /// One call, for the thread that waits in it.
  final class Registration implements AutoCloseable {
    private final Waiter waiter;
    private final long begun;
    private final long until;
    private volatile boolean refused;

    /// Whether the registrar knows of it.
    private boolean registered;

    /// Null: this node.
    private @Nullable NodeId registrar;

    private Registration(Waiter waiter, long begun, long until) {
      this.waiter = waiter;
      this.begun = begun;
      this.until = until;
    }

    /// Registers the call with whoever is the registrar now, if that is known and has not been
    /// done.
    ///
    /// @return false if the call is refused, for its client waits on another node
    boolean follow() {
      List<PartitionSlot> now = slots.get();
      if (refused || now.isEmpty() || peers.others().isEmpty() || !now.getFirst().isSettled()) {
        return !refused;
      }
      NodeId current = now.getFirst().owner();
      if (!registered || !Objects.equals(current, registrar)) {
        unregister();
        registrar = current;
        register();
      }
      return !refused;
    }

    private void register() {
      String client = waiter.clientId();
      Registered answer =
          registrar != null
              ? peers.register(registrar, queue, client, begun, until)
              : clients.begin(null, queue, client, begun, until) ? Registered.YES : Registered.NO;
      registered = answer == Registered.YES;
      refused |= answer == Registered.NO;
    }

    private void unregister() {
      if (!registered) {
        return;
      }
      registered = false;
      if (registrar == null) {
        clients.end(null, queue, waiter.clientId());
      } else {
        peers.unregister(registrar, queue, waiter.clientId());
      }
    }

    private boolean yieldsTo(long other) {
      if (begun <= other) {
        return false;
      }
      refused = true;
      room.leave(waiter, Reason.TIMEOUT);
      return true;
    }

    /// What the call is answered that was ended by `answer`.
    LeaseResult result(LeaseAnswer answer) {
      return refused && answer instanceof LeaseAnswer.Ended
          ? new LeaseResult.DuplicateClient()
          : new LeaseResult.Answered(answer);
    }

    @Override
    public void close() {
      waiting.remove(waiter.clientId(), this);
      unregister();
    }
  }
}

package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.node.service.Peers.Answer;
import io.querator.node.service.Peers.Stay;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The calls that wait on one queue here, as other nodes hear of them: a client may wait on one
/// node only. The owner of the queue's lowest partition, its registrar, keeps the list.
///
/// Of two calls the one that has begun before stays, in whichever order the registrar hears of
/// them. Where it cannot be asked, both wait. No call waits for the registrar. Safe for use by many
/// threads.
final class Registrations {
  /// How often a call that is refused, but for which a lease is being written, is tried to be
  /// ended.
  private static final long REFUSING_NANOS = 20_000_000;

  private final String queue;
  private final Supplier<List<PartitionSlot>> slots;
  private final WaitingRoom room;
  private final Peers peers;
  private final WaitingClients clients;
  private final Executor executor;

  /// By their clients.
  private final Map<String, Registration> waiting = new ConcurrentHashMap<>();

  /// @param executor of what may take as long as other nodes do
  Registrations(
      String queue,
      Supplier<List<PartitionSlot>> slots,
      WaitingRoom room,
      Peers peers,
      WaitingClients clients,
      Executor executor) {
    this.queue = queue;
    this.slots = slots;
    this.room = room;
    this.peers = peers;
    this.clients = clients;
    this.executor = executor;
  }

  /// A call that waits from now on, until it is closed.
  ///
  /// @param begun microseconds since 1970
  /// @param until microseconds since 1970
  Registration of(Waiter waiter, long begun, long until) {
    long token = ThreadLocalRandom.current().nextLong();
    WaitingCall call = new WaitingCall(queue, waiter.clientId(), token, begun, until);
    Registration registration = new Registration(waiter, call);
    waiting.put(call.client(), registration);
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

  /// Who keeps the list.
  ///
  /// @param node null: this one
  /// @param stays since when it has this list, and knows this node: one that has started again has
  ///   none, and asks nobody who was thought dead
  private record Registrar(@Nullable NodeId node, List<Stay> stays) {}

  /// Null as long as nobody knows. While a partition is down here, those who wait here are compared
  /// here.
  private @Nullable Registrar registrar() {
    List<PartitionSlot> now = slots.get();
    return switch (now.isEmpty() ? null : now.getFirst().placeNow()) {
      case Place.Here _, Place.Nowhere _ -> new Registrar(null, List.of());
      case Place.There(var owner) -> new Registrar(owner, peers.stays(owner));
      case null -> null;
    };
  }

  /// One call.
  final class Registration implements AutoCloseable {
    private final Waiter waiter;
    private final WaitingCall call;
    private final ReentrantLock lock = new ReentrantLock();

    /// Who knows of it. Guarded by the lock, as the following are.
    private @Nullable Registrar at;

    /// Whether a registrar is being asked.
    private boolean asking;

    private boolean closed;

    private volatile boolean refused;

    private Registration(Waiter waiter, WaitingCall call) {
      this.waiter = waiter;
      this.call = call;
    }

    /// Has the call registered with whoever is the registrar now, if that is known and has not been
    /// done. Does not wait for it.
    void follow() {
      Registrar current = peers.others().isEmpty() ? null : registrar();
      if (current == null || refused) {
        return;
      }
      Registrar before;
      lock.lock();
      try {
        if (asking || closed || current.equals(at)) {
          return;
        }
        asking = true;
        before = at;
        at = null;
      } finally {
        lock.unlock();
      }
      if (before != null && !Objects.equals(before.node(), current.node())) {
        executor.execute(() -> leave(before));
      }
      executor.execute(() -> ask(current));
    }

    private void ask(Registrar registrar) {
      if (!waits()) {
        return;
      }
      Answer answer = Answer.UNKNOWN;
      try {
        answer =
            registrar.node() == null
                ? clients.begin(null, call)
                : peers.register(registrar.node(), call);
      } finally {
        asked(registrar, answer);
      }
    }

    /// Else it has ended, and must not stand in the way of the next call of its client.
    private boolean waits() {
      return !waiter.answer().isDone() && waiting.get(call.client()) == this;
    }

    private void asked(Registrar registrar, Answer answer) {
      boolean ended;
      lock.lock();
      try {
        asking = false;
        ended = closed;
        if (answer == Answer.YES && !ended) {
          at = registrar;
        }
      } finally {
        lock.unlock();
      }
      if (answer == Answer.NO) {
        refuse();
      } else if (ended) {
        leave(registrar);
      }
    }

    private void leave(Registrar registrar) {
      if (registrar.node() == null) {
        clients.end(null, queue, call.client(), call.token());
      } else {
        peers.unregister(registrar.node(), call);
      }
    }

    private boolean yieldsTo(long other) {
      if (!waiter.answer().isDone()) {
        if (call.begun() <= other) {
          return false;
        }
        refused = true;
        executor.execute(this::refuse);
      }
      return true;
    }

    private void refuse() {
      refused = true;
      while (!waiter.answer().isDone() && !room.leave(waiter, Reason.TIMEOUT)) {
        // a lease is being written, for it or for nothing
        LockSupport.parkNanos(REFUSING_NANOS);
      }
    }

    /// What the call is answered that was ended by `answer`.
    LeaseResult result(LeaseAnswer answer) {
      return refused && answer instanceof LeaseAnswer.Ended
          ? new LeaseResult.DuplicateClient()
          : new LeaseResult.Answered(answer);
    }

    @Override
    public void close() {
      waiting.remove(call.client(), this);
      Registrar last;
      lock.lock();
      try {
        closed = true;
        last = at;
        at = null;
      } finally {
        lock.unlock();
      }
      if (last != null) {
        executor.execute(() -> leave(last));
      }
    }
  }
}

package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.queue.Outcome.Reason;
import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The lease calls that wait on one queue, in the order of their arrival.
///
/// All partitions of the queue deal to it, each from its own loop, and callers come and go on
/// threads of their own: so no loop can own it, and a lock guards it. The lock is held for moves in
/// memory only.
///
/// A partition *reserves* waiters, writes their lease, then answers or releases them; a reserved
/// waiter takes no other offer. After parking, a caller must wake the partitions that have
/// something ready, since they may have looked into the room before; and so must whoever is told
/// that reserved waiters wait again.
public final class WaitingRoom {
  private final ReentrantLock lock = new ReentrantLock();
  private final int waitersMax;
  private final Runnable released;
  private final Consumer<PartitionKey> unserved;
  private final LinkedHashMap<Waiter, Boolean> waiting = new LinkedHashMap<>();
  private final Set<String> clients = new HashSet<>();

  /// How many of those waiting are promised to each partition.
  private final Map<PartitionKey, Integer> promises = new HashMap<>();

  private int promised;

  private volatile int size;

  /// A room of one partition.
  ///
  /// @param waitersMax how many calls may wait at once
  public WaitingRoom(int waitersMax) {
    this(waitersMax, () -> {}, _ -> {});
  }

  /// @param waitersMax how many calls may wait at once
  /// @param released is run whenever waiters that were reserved wait again, by the partition's
  ///   thread: it must be quick
  /// @param unserved is run whenever a partition has published that something is ready and nobody
  ///   waits here, by the partition's thread: it must be quick
  public WaitingRoom(int waitersMax, Runnable released, Consumer<PartitionKey> unserved) {
    this.waitersMax = waitersMax;
    this.released = requireNonNull(released, "released");
    this.unserved = requireNonNull(unserved, "unserved");
  }

  /// What became of an attempt to wait.
  public enum Parked {
    WAITING,
    /// The client has a call here already.
    DUPLICATE_CLIENT,
    FULL
  }

  /// Puts `waiter` at the end, for any partition.
  public Parked park(Waiter waiter) {
    return park(waiter, null);
  }

  /// Puts `waiter` at the end.
  ///
  /// @param first the partition that shall serve it, until [#offerToAll]; null: any
  public Parked park(Waiter waiter, @Nullable PartitionKey first) {
    lock.lock();
    try {
      if (clients.contains(waiter.clientId)) {
        return Parked.DUPLICATE_CLIENT;
      }
      if (clients.size() >= waitersMax) {
        return Parked.FULL;
      }
      clients.add(waiter.clientId);
      waiting.put(waiter, true);
      promise(waiter, first);
      size = waiting.size();
      return Parked.WAITING;
    } finally {
      lock.unlock();
    }
  }

  /// From now on any partition may serve `waiter`; the caller wakes those that can.
  public void offerToAll(Waiter waiter) {
    lock.lock();
    try {
      promise(waiter, null);
    } finally {
      lock.unlock();
    }
  }

  /// Ends a call that nobody has begun to serve, and frees its client id.
  ///
  /// @return false if a partition is writing its lease: the answer will come
  public boolean leave(Waiter waiter, Reason reason) {
    lock.lock();
    try {
      if (waiter.state != Waiter.State.WAITING) {
        return false;
      }
      finish(waiter);
    } finally {
      lock.unlock();
    }
    waiter.answer.complete(ended(waiter, reason));
    return true;
  }

  /// Ends a call that waits no longer. If a lease is being written for it, the outcome is unknown,
  /// and whoever writes it takes it back.
  ///
  /// @return false if it has been answered already
  public boolean abandon(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.state == Waiter.State.DONE) {
        return false;
      }
      waiter.unknown |= waiter.state == Waiter.State.RESERVED;
      finish(waiter);
    } finally {
      lock.unlock();
    }
    waiter.answer.complete(ended(waiter, Reason.TIMEOUT));
    return true;
  }

  /// A lease for a reserved waiter was asked for, and nobody knows what became of it.
  public void unknown(Waiter waiter) {
    lock.lock();
    try {
      waiter.unknown = true;
    } finally {
      lock.unlock();
    }
  }

  /// How many calls wait now, those with a reservation not counted.
  public int size() {
    return size;
  }

  /// Whether somebody waits whom `partition` may serve.
  boolean hasWaiterFor(PartitionKey partition) {
    if (size == 0) {
      return false;
    }
    lock.lock();
    try {
      return promised < waiting.size() || promises.containsKey(partition);
    } finally {
      lock.unlock();
    }
  }

  /// Takes one waiter, for whom something is leased elsewhere.
  ///
  /// @return false if it has been served, reserved, or is gone
  public boolean reserve(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.state != Waiter.State.WAITING) {
        return false;
      }
      waiting.remove(waiter);
      promise(waiter, null);
      waiter.state = Waiter.State.RESERVED;
      size = waiting.size();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Takes up to `max` waiters that any partition may serve, longest waiting first.
  public List<Waiter> reserve(int max) {
    return size == 0 ? List.of() : take(max, null);
  }

  /// Takes up to `max` waiters that `partition` may serve, longest waiting first.
  List<Waiter> reserve(int max, PartitionKey partition) {
    return size == 0 ? List.of() : take(max, partition);
  }

  /// A partition has published that something is ready.
  void ready(PartitionKey partition) {
    if (size == 0) {
      unserved.accept(partition);
    }
  }

  private List<Waiter> take(int max, @Nullable PartitionKey partition) {
    lock.lock();
    try {
      List<Waiter> reserved = new ArrayList<>(Math.min(max, waiting.size()));
      Iterator<Waiter> waiters = waiting.keySet().iterator();
      while (reserved.size() < max && waiters.hasNext()) {
        Waiter waiter = waiters.next();
        if (waiter.promisedTo == null || waiter.promisedTo.equals(partition)) {
          waiters.remove();
          promise(waiter, null);
          waiter.state = Waiter.State.RESERVED;
          reserved.add(waiter);
        }
      }
      size = waiting.size();
      return reserved;
    } finally {
      lock.unlock();
    }
  }

  /// Puts reserved waiters back before all others, in their order.
  public void release(List<Waiter> reserved) {
    boolean again = false;
    lock.lock();
    try {
      for (Waiter waiter : reserved.reversed()) {
        if (waiter.state == Waiter.State.RESERVED) {
          waiter.state = Waiter.State.WAITING;
          waiting.putFirst(waiter, true);
          again = true;
        }
      }
      size = waiting.size();
    } finally {
      lock.unlock();
    }
    if (again) {
      released.run();
    }
  }

  /// Answers a reserved waiter.
  ///
  /// @return false if its client has gone: nobody was given the items
  public boolean answer(Waiter waiter, LeaseAnswer answer) {
    lock.lock();
    try {
      if (waiter.state != Waiter.State.RESERVED) {
        return false;
      }
      finish(waiter);
    } finally {
      lock.unlock();
    }
    waiter.answer.complete(answer);
    return true;
  }

  /// Ends every call that waits.
  public void close(Reason reason) {
    List<Waiter> ended;
    lock.lock();
    try {
      ended = List.copyOf(waiting.keySet());
    } finally {
      lock.unlock();
    }
    ended.forEach(waiter -> leave(waiter, reason));
  }

  /// For a waiter that is done: nobody changes it any more.
  private static LeaseAnswer ended(Waiter waiter, Reason reason) {
    return waiter.unknown ? new LeaseAnswer.Unknown() : new LeaseAnswer.Ended(reason);
  }

  private void promise(Waiter waiter, @Nullable PartitionKey partition) {
    if (waiter.promisedTo != null) {
      promises.computeIfPresent(waiter.promisedTo, (_, count) -> count > 1 ? count - 1 : null);
      promised--;
    }
    if (partition != null) {
      promises.merge(partition, 1, Integer::sum);
      promised++;
    }
    waiter.promisedTo = partition;
  }

  private void finish(Waiter waiter) {
    waiting.remove(waiter);
    promise(waiter, null);
    waiter.state = Waiter.State.DONE;
    clients.remove(waiter.clientId);
    size = waiting.size();
  }
}

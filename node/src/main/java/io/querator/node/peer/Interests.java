package io.querator.node.peer;

import io.querator.cluster.NodeId;
import io.querator.cluster.link.PeerException;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells the owners of a queue's other partitions that calls wait here, at once when the first one
/// does and then every so often; each answers with what is ready there. Safe for use by many
/// threads; one thread sends.
final class Interests implements AutoCloseable {
  /// How often what still waits is told again.
  private static final long REFRESH_MILLIS = 500;

  /// A queue that nothing was leased from for so long is told of no more.
  private static final long IDLE_NANOS = Duration.ofSeconds(3).toNanos();

  private static final Logger log = LoggerFactory.getLogger(Interests.class);

  private final Teller teller;
  private final Function<String, @Nullable ServedQueue> queues;
  private final Map<String, Long> activeAt = new ConcurrentHashMap<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition hasNews = lock.newCondition();

  /// Queues that are to be told of at once. Guarded by the lock.
  private final Set<String> news = new HashSet<>();

  /// Queues whose owners know that calls wait here. Guarded by the lock.
  private final Set<String> told = new HashSet<>();

  private volatile boolean closed;

  /// How many calls wait on a queue.
  record Waiting(String queue, int calls) {}

  /// Tells a node, and learns what is ready there.
  @FunctionalInterface
  interface Teller {
    /// @throws PeerException if it cannot be told
    void tell(NodeId owner, List<Waiting> waiting);
  }

  Interests(Teller teller, Function<String, @Nullable ServedQueue> queues) {
    this.teller = teller;
    this.queues = queues;
    Thread.ofVirtual().name("lease-interests").start(this::run);
  }

  /// Calls wait on a queue.
  void waits(String queue) {
    active(queue);
    lock.lock();
    try {
      if (told.add(queue)) {
        news.add(queue);
        hasNews.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /// Something is leased from a queue: what is ready elsewhere is asked every so often.
  void active(String queue) {
    activeAt.put(queue, System.nanoTime());
  }

  /// An owner was told that nobody waits here: the next one that does is to be told of at once.
  void nobody(String queue) {
    lock.lock();
    try {
      told.remove(queue);
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    long refreshed = System.nanoTime();
    while (!closed) {
      try {
        Set<String> now = await(refreshed);
        if (now.isEmpty()) {
          refreshed = System.nanoTime();
          activeAt.values().removeIf(at -> System.nanoTime() - at > IDLE_NANOS);
          now = refreshable();
        }
        tell(now);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private Set<String> refreshable() {
    Set<String> queuesNow = new HashSet<>(activeAt.keySet());
    lock.lock();
    try {
      queuesNow.addAll(told);
    } finally {
      lock.unlock();
    }
    return queuesNow;
  }

  /// @return what is news; nothing if all is to be told again
  private Set<String> await(long refreshed) throws InterruptedException {
    lock.lock();
    try {
      long wait = TimeUnit.MILLISECONDS.toNanos(REFRESH_MILLIS) - (System.nanoTime() - refreshed);
      while (news.isEmpty() && wait > 0 && !closed) {
        wait = hasNews.awaitNanos(wait);
      }
      Set<String> now = Set.copyOf(news);
      news.clear();
      return now;
    } finally {
      lock.unlock();
    }
  }

  private void tell(Set<String> names) {
    Map<NodeId, List<Waiting>> byOwner = new HashMap<>();
    for (String name : names) {
      ServedQueue queue = queues.apply(name);
      if (queue == null) {
        nobody(name);
        continue;
      }
      int calls = queue.waiting().leases();
      if (calls == 0) {
        nobody(name);
      }
      Set<NodeId> owners = new HashSet<>();
      for (PartitionSlot slot : queue.partitions()) {
        NodeId owner = slot.owner();
        if (owner != null && owners.add(owner)) {
          byOwner.computeIfAbsent(owner, _ -> new ArrayList<>()).add(new Waiting(name, calls));
        }
      }
    }
    byOwner.forEach((owner, waiting) ->
        Thread.ofVirtual().name("lease-interest").start(() -> tell(owner, waiting)));
  }

  private void tell(NodeId owner, List<Waiting> waiting) {
    try {
      teller.tell(owner, waiting);
    } catch (PeerException e) {
      // told again soon
      log.atDebug().addKeyValue("owner", owner).setCause(e).log("owner not told who waits");
    }
  }

  @Override
  public void close() {
    closed = true;
    lock.lock();
    try {
      hasNews.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

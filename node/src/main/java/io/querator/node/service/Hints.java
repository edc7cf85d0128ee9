package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Hinted;
import io.querator.storage.PartitionKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells nodes on which calls wait that something is ready here. Safe for use by many threads.
///
/// One hint at a time is under way to each node for each queue; its answer comes when that node has
/// taken what it wants, and while there is more, the next one follows.
final class Hints {
  /// Without a word for so long, nobody waits there any more.
  private static final long INTEREST_NANOS = Duration.ofSeconds(5).toNanos();

  private static final Logger log = LoggerFactory.getLogger(Hints.class);

  private final Queues queues;
  private final Peers peers;
  private final Map<String, Map<NodeId, Interest>> interests = new ConcurrentHashMap<>();
  private final AtomicInteger turns = new AtomicInteger();

  Hints(Queues queues, Peers peers) {
    this.queues = queues;
    this.peers = peers;
  }

  /// That calls wait on a node. Guarded by itself.
  private static final class Interest {
    private long until;
    private boolean running;
    private boolean again;

    synchronized void renew(long now) {
      until = now + INTEREST_NANOS;
    }

    synchronized void end() {
      until = 0;
    }

    synchronized boolean isOver(long now) {
      return until <= now;
    }

    /// @return whether the caller is to hint now; else who does will once more
    synchronized boolean begin() {
      if (running) {
        again = true;
        return false;
      }
      running = true;
      return true;
    }

    /// @return whether the caller is to hint once more
    synchronized boolean goOn() {
      running = again;
      again = false;
      return running;
    }
  }

  /// Calls wait on `node`, or none does any more.
  void interest(NodeId node, String queue, int waiting) {
    Map<NodeId, Interest> ofQueue = interests.get(queue);
    if (waiting == 0) {
      Interest there = ofQueue == null ? null : ofQueue.get(node);
      if (there != null) {
        there.end();
      }
      return;
    }
    if (queues.find(queue) == null) {
      // it is gone, or will be told again when it has been heard of
      return;
    }
    Interest interest =
        interests
            .computeIfAbsent(queue, _ -> new ConcurrentHashMap<>())
            .computeIfAbsent(node, _ -> new Interest());
    interest.renew(System.nanoTime());
    if (readyHere(queue) != null) {
      hint(node, queue, interest);
    }
  }

  /// A partition has something ready, and nobody waits for it here.
  void ready(String queue, PartitionKey partition) {
    Map<NodeId, Interest> ofQueue = interests.get(queue);
    if (ofQueue == null) {
      return;
    }
    long now = System.nanoTime();
    List<NodeId> waiting = new ArrayList<>();
    ofQueue.forEach((node, interest) -> {
      if (!interest.isOver(now)) {
        waiting.add(node);
      }
    });
    if (!waiting.isEmpty()) {
      NodeId node = waiting.get(Math.floorMod(turns.getAndIncrement(), waiting.size()));
      Interest interest = ofQueue.get(node);
      if (interest != null) {
        hint(node, queue, interest);
      }
    }
  }

  private void hint(NodeId node, String queue, Interest interest) {
    if (interest.begin()) {
      Thread.ofVirtual().name("lease-hint").start(() -> repeat(node, queue, interest));
    }
  }

  private void repeat(NodeId node, String queue, Interest interest) {
    do {
      PartitionSlot slot = readyHere(queue);
      while (slot != null) {
        Hinted hinted = peers.hint(node, queue, slot.key(), slot.readyItems());
        if (hinted == Hinted.NOBODY) {
          interest.end();
        }
        slot = hinted == Hinted.TOOK ? readyHere(queue) : null;
      }
    } while (interest.goOn());
    log.atTrace().addKeyValue("node", node).addKeyValue("queue", queue).log("hints ended");
  }

  /// A partition of the queue with something ready here; null if there is none.
  private @Nullable PartitionSlot readyHere(String queue) {
    ServedQueue served = queues.find(queue);
    if (served == null) {
      return null;
    }
    for (PartitionSlot slot : served.partitions()) {
      if (slot.hasReady()) {
        return slot;
      }
    }
    return null;
  }

  /// A queue is gone.
  void forget(String queue) {
    interests.remove(queue);
  }
}

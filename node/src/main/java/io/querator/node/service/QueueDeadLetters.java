package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.queue.Command.ForgetDead;
import io.querator.queue.Command.TakeDead;
import io.querator.queue.DeadItem;
import io.querator.queue.DeadLetters;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.KeyHash;
import io.querator.storage.Micros;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way to partition 0 of a dead queue, on this node or another. Safe for use by many threads.
final class QueueDeadLetters implements DeadLetters {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Logger log = LoggerFactory.getLogger(QueueDeadLetters.class);

  private final Queues queues;
  private final Peers peers;
  private final InstantSource clock;

  QueueDeadLetters(Queues queues, Peers peers, InstantSource clock) {
    this.queues = queues;
    this.peers = peers;
    this.clock = clock;
  }

  @Override
  public Delivery deliver(String deadQueue, List<DeadItem> items) {
    ServedQueue queue = queues.find(deadQueue);
    if (queue == null) {
      return queues.isLoaded() ? Delivery.NO_SUCH_QUEUE : Delivery.FAILED;
    }
    PartitionSlot slot = first(queue);
    NodeId owner = slot.owner();
    Outcome<Boolean> outcome =
        owner == null
            ? slot.call(new TakeDead(items), deadline())
            : peers.takeDead(target(owner, queue, slot), items, deadline());
    return switch (outcome) {
      case Outcome.Done<Boolean> _ -> Delivery.TAKEN;
      case NotExecuted<Boolean>(var reason) ->
          reason == Reason.DELETED && queues.find(deadQueue) == null
              ? Delivery.NO_SUCH_QUEUE
              : Delivery.FAILED;
      case Outcome.Unknown<Boolean> _ -> Delivery.FAILED;
      case Outcome.Refused<Boolean>(var message) -> {
        log.atError()
            .addKeyValue("queue", deadQueue)
            .addKeyValue("message", message)
            .log("the storage of a dead queue refuses its items");
        yield Delivery.FAILED;
      }
    };
  }

  @Override
  public void forget(String deadQueue, List<KeyHash> keys) {
    ServedQueue queue = queues.find(deadQueue);
    if (queue != null && !keys.isEmpty()) {
      PartitionSlot slot = first(queue);
      NodeId owner = slot.owner();
      Outcome<Boolean> outcome =
          owner == null
              ? slot.call(new ForgetDead(keys), deadline())
              : peers.forgetDead(target(owner, queue, slot), keys, deadline());
      if (!(outcome instanceof Outcome.Done<Boolean>)) {
        log.atDebug()
            .addKeyValue("queue", deadQueue)
            .addKeyValue("keys", keys.size())
            .log("keys of dead items are kept");
      }
    }
  }

  private static Peers.Target target(NodeId owner, ServedQueue queue, PartitionSlot slot) {
    return new Peers.Target(owner, queue.name(), slot.key());
  }

  private static PartitionSlot first(ServedQueue queue) {
    return queue.partitions().getFirst();
  }

  private long deadline() {
    return Micros.of(clock.instant().plus(TIMEOUT));
  }
}

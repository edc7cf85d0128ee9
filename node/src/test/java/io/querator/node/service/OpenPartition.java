package io.querator.node.service;

import io.querator.queue.DatabaseClocks;
import io.querator.queue.LeaseBudget;
import io.querator.queue.MemoryBudget;
import io.querator.queue.Partition;
import io.querator.queue.PartitionContext;
import io.querator.queue.PartitionLimits;
import io.querator.queue.QueueSettings;
import io.querator.queue.TurnObserver;
import io.querator.queue.WaitingRoom;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/// A partition in memory.
final class OpenPartition {
  private OpenPartition() {}

  /// Opens one, with a store of its own.
  static void in(PartitionSlot slot, WaitingRoom room, InstantSource clock) {
    MemoryPartitionStore store = new MemoryPartitionStore(clock);
    store.create(slot.key());
    Claim claim = new Claim("node", UUID.randomUUID(), 1, 1);
    Opened opened = (Opened) store.open(Map.of(slot.key(), Epoch.NONE), claim).getFirst();
    QueueSettings settings = new QueueSettings(Duration.ofMinutes(1), Duration.ofHours(1), 0, "");
    Partition partition =
        new Partition(0, slot.key(), store, opened, settings, room, context(clock));
    CompletableFuture<Boolean> loaded = new CompletableFuture<>();
    slot.open(partition, loaded);
    partition.start(() -> {}, () -> loaded.complete(true));
  }

  static PartitionContext context(InstantSource clock) {
    return new PartitionContext(
        clock,
        new DatabaseClocks(clock, Duration.ZERO),
        PartitionLimits.DEFAULT,
        new LeaseBudget(10),
        new MemoryBudget(1 << 20),
        Runnable::run,
        new QueueDeadLetters(new Queues(), Peers.NONE, clock),
        TurnObserver.NONE,
        new SplittableRandom(1));
  }
}

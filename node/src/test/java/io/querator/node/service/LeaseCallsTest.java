package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.NodeId;
import io.querator.queue.DatabaseClocks;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeaseBudget;
import io.querator.queue.MemoryBudget;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.queue.PartitionContext;
import io.querator.queue.PartitionLimits;
import io.querator.queue.QueueSettings;
import io.querator.queue.TurnObserver;
import io.querator.queue.Waiter;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.memory.MemoryPartitionStore;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LeaseCallsTest {
  private static final PartitionKey KEY = new PartitionKey(1);

  private final InstantSource clock = InstantSource.system();
  private final PartitionSlot slot =
      new PartitionSlot(new PartitionRecord(0, KEY, "memory", PartitionRecord.State.ACTIVE), clock);

  /// The call saw nothing ready, and is not yet in the room when the partition looks into it.
  @Test
  void findsAnItemThatCameBeforeItWaited() {
    AtomicInteger looks = new AtomicInteger();
    LeaseCalls calls =
        new LeaseCalls(
            () -> {
              if (looks.getAndIncrement() == 0) {
                slot.call(TestService.items(null, "a"), in(Duration.ofSeconds(10)));
                return List.of();
              }
              return List.of(slot);
            },
            new PartitionChoice(),
            clock,
            10,
            new LeaseCalls.Elsewhere(
                "queue",
                Peers.NONE,
                new WaitingClients(clock, (_, _, _, _) -> true),
                new Hints(new Queues(), Peers.NONE)));
    open(calls);

    LeaseResult result = calls.lease(new Waiter("client", 1), in(Duration.ofSeconds(10)), _ -> {});

    assertThat(result)
        .isInstanceOfSatisfying(
            LeaseResult.Answered.class,
            answered -> assertThat(answered.answer()).isInstanceOf(LeaseAnswer.Leased.class));
    slot.close(Reason.SHUTDOWN).join();
  }

  /// The other node was asked for items, and did not say whether there were any.
  @Test
  void saysThatNobodyKnowsWhetherAnythingWasLeased() {
    slot.elsewhere(new NodeId("other"), true);
    slot.readyElsewhere(new PartitionSlot.Ready(1, 0));
    Peers silent = silentPeers();
    LeaseCalls calls =
        new LeaseCalls(
            () -> List.of(slot),
            new PartitionChoice(),
            clock,
            10,
            new LeaseCalls.Elsewhere(
                "queue",
                silent,
                new WaitingClients(clock, (_, _, _, _) -> true),
                new Hints(new Queues(), silent)));

    LeaseResult result = calls.lease(new Waiter("client", 1), in(Duration.ZERO), _ -> {});

    assertThat(result).isEqualTo(new LeaseResult.Answered(new LeaseAnswer.Unknown()));
  }

  private static Peers silentPeers() {
    return (Peers)
        Proxy.newProxyInstance(
            Peers.class.getClassLoader(),
            new Class<?>[] {Peers.class},
            (_, method, arguments) ->
                method.getName().equals("lease")
                    ? new LeaseAnswer.Unknown()
                    : method.invoke(Peers.NONE, arguments));
  }

  private void open(LeaseCalls calls) {
    MemoryPartitionStore store = new MemoryPartitionStore(clock);
    store.create(KEY);
    Claim claim = new Claim("node", UUID.randomUUID(), 1, 1);
    Opened opened = (Opened) store.open(Map.of(KEY, Epoch.NONE), claim).getFirst();
    QueueSettings settings = new QueueSettings(Duration.ofMinutes(1), Duration.ofHours(1), 0, "");
    PartitionContext context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, Duration.ZERO),
            PartitionLimits.DEFAULT,
            new LeaseBudget(10),
            new MemoryBudget(1 << 20),
            Runnable::run,
            new QueueDeadLetters(new Queues(), Peers.NONE, clock),
            TurnObserver.NONE,
            new SplittableRandom(1));
    Partition partition = new Partition(0, KEY, store, opened, settings, calls.room(), context);
    CompletableFuture<Boolean> loaded = new CompletableFuture<>();
    slot.open(partition, loaded);
    partition.start(() -> {}, () -> loaded.complete(true));
  }

  private long in(Duration time) {
    return Micros.of(clock.instant().plus(time));
  }
}

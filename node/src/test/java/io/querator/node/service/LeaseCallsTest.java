package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.cluster.NodeId;
import io.querator.node.service.Peers.Answer;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Waiter;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
        calls(
            () -> {
              if (looks.getAndIncrement() == 0) {
                slot.call(TestService.items(null, "a"), in(Duration.ofSeconds(10)));
                return List.of();
              }
              return List.of(slot);
            },
            Peers.NONE);
    OpenPartition.in(slot, calls.room(), clock);

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
    LeaseCalls calls =
        waitingElsewhere(ScriptedPeers.of(Map.of("lease", _ -> new LeaseAnswer.Unknown())));
    slot.readyElsewhere(new PartitionSlot.Ready(1, 0));

    LeaseResult result = calls.lease(new Waiter("client", 1), in(Duration.ZERO), _ -> {});

    assertThat(result).isEqualTo(new LeaseResult.Answered(new LeaseAnswer.Unknown()));
  }

  private LeaseCalls waitingElsewhere(Peers peers) {
    slot.elsewhere(new NodeId("other"), true);
    return calls(() -> List.of(slot), peers);
  }

  private LeaseCalls calls(Supplier<List<PartitionSlot>> slots, Peers peers) {
    WaitingClients clients = new WaitingClients(clock, (_, _) -> Answer.YES);
    Hints hints = new Hints(new Queues(), peers);
    return new LeaseCalls(
        slots,
        new PartitionChoice(),
        clock,
        10,
        new LeaseCalls.Elsewhere("queue", peers, clients, hints));
  }

  @Test
  void refusesACallWhoseClientWaitsOnAnotherNode() {
    LeaseCalls calls = waitingElsewhere(registrar(() -> Answer.NO));

    LeaseResult result = calls.lease(new Waiter("client", 1), in(Duration.ofMinutes(1)), _ -> {});

    assertThat(result).isEqualTo(new LeaseResult.DuplicateClient());
  }

  @Test
  @Timeout(60)
  void endsInTimeThoughTheOtherNodeDoesNotSayWhetherTheClientWaitsThere() {
    CountDownLatch never = new CountDownLatch(1);
    CompletableFuture<Thread> asking = new CompletableFuture<>();
    LeaseCalls calls =
        waitingElsewhere(
            registrar(() -> {
              asking.complete(Thread.currentThread());
              never.await();
              return Answer.YES;
            }));

    LeaseResult result = calls.lease(new Waiter("client", 1), in(Duration.ofSeconds(2)), _ -> {});

    assertThat(result).isEqualTo(new LeaseResult.Answered(new LeaseAnswer.Ended(Reason.TIMEOUT)));
    assertThat(asking.join().isAlive()).isTrue();
    never.countDown();
  }

  private static Peers registrar(Callable<Answer> answer) {
    return ScriptedPeers.of(
        Map.of("others", _ -> List.of(new NodeId("other")), "register", _ -> answer.call()));
  }

  private long in(Duration time) {
    return Micros.of(clock.instant().plus(time));
  }
}

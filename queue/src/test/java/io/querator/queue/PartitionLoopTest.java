package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Complete;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.queue.Command.Retry;
import io.querator.queue.Command.RetryItem;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Outcome.Refused;
import io.querator.storage.Batch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.TurnToken;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PartitionLoopTest {
  private static final Duration GRACE = Duration.ofMillis(30);

  @Test
  void givesTheOldestItemFirst() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b", "c");

    List<LeasedItem> first = partition.lease(2);
    List<LeasedItem> second = partition.lease(2);

    assertThat(first).extracting(LoopHarness::payload).containsExactly("a", "b");
    assertThat(second).extracting(LoopHarness::payload).containsExactly("c");
    assertThat(first).extracting(LeasedItem::attempts).containsOnly(1);
  }

  @Test
  void tellsThatSomethingIsReadyForOthersOnceItIsPublished() {
    LoopHarness partition = LoopHarness.simple();
    List<Boolean> published = new ArrayList<>();
    partition.unserved = () -> published.add(partition.loop.stats().hasReady());

    partition.produce("a");

    assertThat(published).isNotEmpty().doesNotContain(false);
  }

  @Test
  void dealsOneAtATimeRoundRobinPassingFullCalls() {
    LoopHarness partition = LoopHarness.simple();
    List<Waiter> waiters =
        List.of(partition.wait("x", 20), partition.wait("y", 6), partition.wait("z", 1));

    partition.produce(IntStream.range(0, 23).mapToObj(i -> "p" + i).toArray(String[]::new));

    assertThat(waiters).extracting(w -> LoopHarness.items(w).size()).containsExactly(16, 6, 1);
    assertThat(LoopHarness.items(waiters.get(1)).getFirst())
        .extracting(LoopHarness::payload)
        .isEqualTo("p1");
  }

  @Test
  void refusesACompleteAfterTheLeaseRanOut() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a");
    ItemId id = partition.lease(1).getFirst().id();

    partition.advance(LoopHarness.LEASE);
    assertThat(partition.loop.stats().leased()).as("within the grace period").isEqualTo(1);
    partition.advance(GRACE);

    assertThat(partition.call(new Complete(List.of(id)))).isEqualTo(new Done<>(List.of(id)));
    LeasedItem again = partition.lease(1).getFirst();
    assertThat(again.attempts()).isEqualTo(2);
    assertThat(again.id()).isGreaterThan(id);
  }

  @Test
  void completesNoneIfOneIsNotLeased() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b");
    ItemId id = partition.lease(1).getFirst().id();
    ItemId other = new ItemId(id.second(), id.partition(), id.serial() + 1);

    Outcome<List<ItemId>> outcome = partition.call(new Complete(List.of(id, other)));

    assertThat(outcome).isEqualTo(new Done<>(List.of(other)));
    assertThat(partition.call(new Complete(List.of(id, id)))).isEqualTo(new Done<>(List.of()));
    assertThat(partition.loop.stats().total()).isEqualTo(1);
  }

  @Test
  void takesBackWhatNobodyWasGiven() {
    LoopHarness partition = LoopHarness.simple();
    Waiter gone = partition.wait("gone", 1);
    partition.duringCommit = () -> partition.room.abandon(gone);

    partition.produce("a");
    partition.settle();

    assertThat(gone.answer().join()).isEqualTo(new LeaseAnswer.Unknown());
    assertThat(partition.loop.stats().leased()).isZero();
    assertThat(partition.lease(1)).extracting(LeasedItem::attempts).containsExactly(1);
  }

  @Test
  void failsOnlyTheCommandWhoseDataIsRefused() {
    LoopHarness partition = LoopHarness.simple();
    Submission<Produced> good = partition.submit(new Produce(LoopHarness.items("good"), 0, null));
    Submission<Produced> poisoned =
        partition.submit(
            new Produce(
                List.of(
                    new NewItem(LoopHarness.content("bad", LoopHarness.POISON), ItemHead.READY)),
                0,
                null));
    Submission<Produced> alsoGood =
        partition.submit(new Produce(LoopHarness.items("also good"), 0, null));

    partition.loop.step();

    assertThat(good.outcome.join()).isEqualTo(new Done<>(Produced.ADDED));
    assertThat(poisoned.outcome.join()).isInstanceOf(Refused.class);
    assertThat(alsoGood.outcome.join()).isEqualTo(new Done<>(Produced.ADDED));
    assertThat(partition.lease(5))
        .extracting(LoopHarness::payload)
        .containsExactly("good", "also good");
  }

  @Test
  void addsTheItemsOfAKeyOnceAlsoAfterARestart() {
    LoopHarness partition = LoopHarness.simple();
    RequestKey key = new RequestKey(KeyHash.of('i', "k"), KeyHash.of('r', "same"));
    RequestKey other = new RequestKey(KeyHash.of('i', "k"), KeyHash.of('r', "other"));

    assertThat(partition.call(new Produce(LoopHarness.items("a"), 0, key)))
        .isEqualTo(new Done<>(Produced.ADDED));
    partition.restart();

    assertThat(partition.call(new Produce(LoopHarness.items("a"), 0, key)))
        .isEqualTo(new Done<>(Produced.REPEATED));
    assertThat(partition.call(new Produce(LoopHarness.items("b"), 0, other)))
        .isEqualTo(new Done<>(Produced.KEY_REUSED));
    partition.advance(Duration.ofMinutes(17));
    assertThat(partition.call(new Produce(LoopHarness.items("a"), 0, key)))
        .isEqualTo(new Done<>(Produced.ADDED));
  }

  @Test
  void honoursLiveLeasesAfterARestart() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b");
    ItemId id = partition.lease(1).getFirst().id();

    partition.restart();

    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("b");
    assertThat(partition.call(new Complete(List.of(id)))).isEqualTo(new Done<>(List.of()));
  }

  @Test
  void givesIdsOfThePartitionWhateverTheStoreCallsIt() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a");

    ItemId id = partition.lease(1).getFirst().id();

    assertThat(id.partition()).isEqualTo(LoopHarness.KEY);
  }

  @Test
  void endsWhereThePartitionIsSealed() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b");
    ItemId leased = partition.lease(1).getFirst().id();

    partition.write(opened -> Seal.on(opened, new TurnToken(1), "moving"));
    partition.restart();

    assertThat(partition.loop.isClosed()).isTrue();
    long seal = partition.loop.seal().orElseThrow();
    assertThat(partition.loop.stats().total()).isZero();

    partition.write(opened -> Seal.off(opened, new TurnToken(2), seal));
    partition.restart();

    assertThat(partition.loop.seal()).isEmpty();
    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("b");
    assertThat(partition.call(new Complete(List.of(leased)))).isEqualTo(new Done<>(List.of()));
  }

  @Test
  void tellsAListenerEveryCommitAndNothingElse() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("before");
    List<Batch> told = new ArrayList<>();
    List<String> losses = new ArrayList<>();
    partition.loop.listen(listener(told, losses));

    partition.produce("a", "b");
    NewItem poison =
        new NewItem(LoopHarness.content("refused", LoopHarness.POISON), ItemHead.READY);
    partition.call(new Produce(List.of(poison), 0, null));
    ItemId id = partition.lease(1).getFirst().id();
    partition.call(new Complete(List.of(id)));

    assertThat(told).hasSize(3);
    assertThat(told.get(0).items()).hasSize(2);
    assertThat(told.get(1).leases()).hasSize(1);
    assertThat(told.get(2).removed()).containsExactly(id.position());
    assertThat(losses).isEmpty();
  }

  @Test
  void tellsAListenerWhenItIsFenced() {
    LoopHarness partition = LoopHarness.simple();
    List<Batch> told = new ArrayList<>();
    List<String> losses = new ArrayList<>();
    partition.loop.listen(listener(told, losses));

    partition.write(opened -> Seal.on(opened, new TurnToken(1), "moving"));
    partition.produce("a");

    assertThat(told).isEmpty();
    assertThat(losses).hasSize(1);
  }

  private static CommitListener listener(List<Batch> told, List<String> losses) {
    return new CommitListener() {
      @Override
      public void committed(Batch batch) {
        told.add(batch);
      }

      @Override
      public void lost() {
        losses.add("lost");
      }
    };
  }

  @Test
  void wakesAScheduledItemWhenItIsDueAlsoAfterARestart() {
    LoopHarness partition = LoopHarness.simple();
    long due = partition.clock.micros() + 5_000_000;
    partition.call(
        new Produce(List.of(new NewItem(LoopHarness.content("later", ""), due)), 0, null));
    assertThat(partition.lease(1)).isEmpty();

    partition.restart();
    Waiter waiter = partition.wait("w", 1);
    partition.advance(Duration.ofSeconds(5));

    assertThat(LoopHarness.items(waiter)).extracting(LoopHarness::payload).containsExactly("later");
  }

  @Test
  void deliversADeadItemOnceUnderTheIdThatItsConsumersKnew() {
    QueueSettings settings = new QueueSettings(LoopHarness.LEASE, Duration.ofHours(1), 1, "dead");
    LoopHarness partition = new LoopHarness(settings, PartitionLimits.DEFAULT, 10);
    partition.produce("a");
    ItemId id = partition.lease(1).getFirst().id();
    partition.delivery = DeadLetters.Delivery.NO_SUCH_QUEUE;

    partition.advance(LoopHarness.LEASE.plus(GRACE));
    assertThat(partition.dead).isEmpty();
    assertThat(partition.loop.stats().scheduled()).as("it waits").isEqualTo(1);

    partition.restart();
    partition.delivery = DeadLetters.Delivery.TAKEN;
    partition.settle();
    partition.settle();

    assertThat(partition.dead).extracting(DeadItem::sourceId).containsExactly(id.toString());
    assertThat(partition.loop.stats().scheduled()).isZero();
  }

  @Test
  void triesADeadQueueAgainThatWasMadeWhileADeliveryMissedIt() {
    QueueSettings settings = new QueueSettings(LoopHarness.LEASE, Duration.ofHours(1), 1, "dead");
    LoopHarness partition = new LoopHarness(settings, PartitionLimits.DEFAULT, 10);
    partition.produce("a");
    partition.lease(1);
    partition.delivery = DeadLetters.Delivery.NO_SUCH_QUEUE;
    partition.clock.advance(LoopHarness.LEASE.plus(GRACE));
    while (partition.background.isEmpty()) {
      partition.loop.step();
    }

    partition.call(new Command.WakeDead());
    partition.settle();
    partition.delivery = DeadLetters.Delivery.TAKEN;
    partition.advance(Duration.ofSeconds(2));

    assertThat(partition.dead).hasSize(1);
  }

  @Test
  void keepsARetriedItemBackUntilItsTime() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b");
    List<LeasedItem> leased = partition.lease(2);
    long later = partition.clock.micros() + 3_000_000;

    partition.call(
        new Retry(
            List.of(
                new RetryItem(leased.get(0).id(), later, false),
                new RetryItem(leased.get(1).id(), ItemHead.READY, false))));
    partition.settle();

    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("b");
    partition.advance(Duration.ofSeconds(3));
    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("a");
  }

  @Test
  void takesADeadItemOnceEvenIfItsKeyIsForgottenMeanwhile() {
    LoopHarness partition = LoopHarness.simple();
    DeadItem item = new DeadItem("source", LoopHarness.items("dead").getFirst().content());
    partition.call(new Command.TakeDead(List.of(item)));
    partition.settle();
    partition.call(new Command.ForgetDead(List.of(item.key())));
    partition.settle();

    // from an earlier owner of the source, held up on its way
    partition.call(new Command.TakeDead(List.of(item)));
    partition.settle();

    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("dead");
  }

  @Test
  void countsNoAttemptOfALeaseThatNobodyWasToldOf() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b");
    List<LeasedItem> leased = partition.lease(2);
    List<ItemId> ids = leased.stream().map(LeasedItem::id).toList();
    partition.call(new Complete(List.of(ids.getLast())));
    partition.settle();

    partition.call(new Command.GiveBack(ids));
    partition.settle();

    List<LeasedItem> again = partition.lease(5);
    assertThat(again).extracting(LoopHarness::payload).containsExactly("a");
    assertThat(again.getFirst().attempts()).isEqualTo(1);
  }

  @Test
  void endsALeaseCallWhenTheNodeHoldsAllItMay() {
    QueueSettings settings = new QueueSettings(LoopHarness.LEASE, Duration.ofHours(1), 0, "");
    LoopHarness partition = new LoopHarness(settings, PartitionLimits.DEFAULT, 1);
    partition.produce("a", "b");
    partition.lease(1);

    Waiter waiter = partition.wait("second", 1);
    partition.settle();

    assertThat(waiter.answer().getNow(null)).isEqualTo(new LeaseAnswer.Ended(Reason.OVERLOADED));
  }

  @Test
  void doesNotExecuteACommandWhoseDeadlineHasPassed() {
    LoopHarness partition = LoopHarness.simple();
    Submission<Produced> late = partition.submit(new Produce(LoopHarness.items("late"), 0, null));

    partition.clock.advance(Duration.ofMinutes(2));
    partition.loop.step();

    assertThat(late.outcome.join()).isEqualTo(new NotExecuted<>(Reason.TIMEOUT));
    assertThat(partition.loop.stats().total()).isZero();
  }

  @Test
  void clearsAtOnceAndKeepsWhatIsLeased() {
    LoopHarness partition = LoopHarness.simple();
    partition.produce("a", "b", "c");
    ItemId leased = partition.lease(1).getFirst().id();

    partition.call(new Command.Clear(true, false, false));
    partition.produce("d");
    partition.restart();

    assertThat(partition.loop.stats().total()).isEqualTo(2);
    assertThat(partition.call(new Complete(List.of(leased)))).isEqualTo(new Done<>(List.of()));
    assertThat(partition.lease(5)).extracting(LoopHarness::payload).containsExactly("d");
  }

  @Test
  void refillsItsWindowInOrderWhileItemsAreAdded() {
    PartitionLimits small =
        new PartitionLimits(
            5_000, 1 << 20, 10_000, 1 << 20, 4, 1 << 20, 3, 1 << 20, 5, 1 << 20, 5, 5);
    QueueSettings settings = new QueueSettings(LoopHarness.LEASE, Duration.ofHours(1), 0, "");
    LoopHarness partition = new LoopHarness(settings, small, 1_000);
    partition.produce(IntStream.range(0, 20).mapToObj(i -> "p" + i).toArray(String[]::new));

    List<String> got = new ArrayList<>();
    for (int i = 20; got.size() < 40; i++) {
      if (i < 40) {
        partition.produce("p" + i);
      }
      partition.lease(3).forEach(item -> got.add(LoopHarness.payload(item)));
    }

    assertThat(got)
        .containsExactlyElementsOf(IntStream.range(0, 40).mapToObj(i -> "p" + i).toList());
  }
}

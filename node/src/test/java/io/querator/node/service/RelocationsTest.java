package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.service.PartitionSlot.Health;
import io.querator.queue.Command.Complete;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Moving partitions between storages, with whatever may go wrong meanwhile.
@Execution(ExecutionMode.CONCURRENT)
class RelocationsTest {
  private final Switch firstPower = new Switch();
  private final Switch secondPower = new Switch();
  private final MemoryPartitionStore first = new MemoryPartitionStore(InstantSource.system());
  private final MemoryPartitionStore second = new MemoryPartitionStore(InstantSource.system());
  private final GatedCatalogue catalogue = new GatedCatalogue(new MemoryCatalogue());

  private TestService service() {
    return new TestService(
            List.of(
                new Storage("first", new FaultyPartitionStore(first, firstPower, _ -> false), 1),
                new Storage(
                    "second", new FaultyPartitionStore(second, secondPower, _ -> false), 0)),
            catalogue)
        .started();
  }

  private static ServedQueue queue(TestService service) {
    service.create("q", TestService.partitions(1));
    return service.find("q");
  }

  private static PartitionSlot slot(ServedQueue queue) {
    return queue.partitions().getFirst();
  }

  private static void move(TestService service, String storage) {
    ServedQueue queue = service.find("q");
    assertThat(service.node.moves().move(queue, slot(queue).key(), storage))
        .isEqualTo(DefinitionResult.DONE);
  }

  private static void awaitServedOn(TestService service, String storage) {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> {
          PartitionSlot slot = slot(service.find("q"));
          return slot.record().storage().equals(storage) && slot.health() == Health.SERVING;
        });
  }

  private static boolean complete(TestService service, ItemId id) {
    ServedQueue queue = service.find("q");
    Outcome<?> outcome;
    do {
      outcome = queue.complete(slot(queue), new Complete(List.of(id)), service.soon());
    } while (outcome.equals(new NotExecuted<>(Reason.MOVED)));
    return outcome.equals(new Done<>(List.of()));
  }

  private static List<String> drain(TestService service) {
    List<String> payloads = new ArrayList<>();
    ServedQueue queue = service.find("q");
    LeaseAnswer.Leased leased;
    while ((leased = service.lease(queue, 100, Duration.ofMillis(300))) != null) {
      leased.items().stream().map(TestService::payload).forEach(payloads::add);
    }
    return payloads;
  }

  private static List<String> items(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "item " + i).toList();
  }

  private static void produce(TestService service, List<String> payloads) {
    service.produce(service.find("q"), payloads.toArray(String[]::new));
  }

  private int partitionsOn(MemoryPartitionStore store) {
    return store.created(Instant.now().plusSeconds(60)).size();
  }

  @Test
  void movesItemsInTheirOrderAndKeepsLiveLeases() {
    try (TestService service = service()) {
      ServedQueue queue = queue(service);
      produce(service, items(0, 500));
      List<LeasedItem> leased = service.lease(queue, 3).items();

      move(service, "second");
      awaitServedOn(service, "second");

      assertThat(leased).allMatch(item -> complete(service, item.id()));
      assertThat(complete(service, leased.getFirst().id())).isFalse();
      produce(service, items(500, 510));
      assertThat(drain(service)).isEqualTo(items(3, 510));
      await().until(() -> partitionsOn(first) == 0 && partitionsOn(second) == 1);
      assertThat(slot(service.find("q")).record().relocation()).isNull();
    }
    try (TestService again = service()) {
      assertThat(slot(again.find("q")).record().storage()).isEqualTo("second");
      assertThat(drain(again)).isEmpty();
    }
  }

  @Test
  void knowsItsKeysAfterAMove() {
    try (TestService service = service()) {
      ServedQueue queue = queue(service);
      queue.produce(TestService.items(TestService.key("k"), "once"), service.soon());

      move(service, "second");
      awaitServedOn(service, "second");
      queue.produce(TestService.items(TestService.key("k"), "once"), service.soon());

      assertThat(drain(service)).containsExactly("once");
    }
  }

  @Test
  void losesAndDoublesNothingWhileItMovesToAndFroUnderLoad() {
    try (TestService service = service()) {
      queue(service);
      AtomicBoolean stop = new AtomicBoolean();
      List<String> delivered = Collections.synchronizedList(new ArrayList<>());
      AtomicInteger produced = new AtomicInteger();
      CompletableFuture<?> producer =
          run(() -> {
            while (!stop.get()) {
              produce(service, items(produced.get(), produced.get() + 10));
              produced.addAndGet(10);
            }
          });
      List<CompletableFuture<?>> consumers =
          Stream.<CompletableFuture<?>>generate(() -> run(() -> consume(service, stop, delivered)))
              .limit(3)
              .toList();

      for (int i = 0; i < 6; i++) {
        String goal = i % 2 == 0 ? "second" : "first";
        int before = produced.get();
        move(service, goal);
        awaitServedOn(service, goal);
        await().until(() -> produced.get() > before + 100);
      }
      stop.set(true);
      producer.join();
      consumers.forEach(CompletableFuture::join);

      delivered.addAll(drain(service));
      assertThat(delivered).containsExactlyInAnyOrderElementsOf(items(0, produced.get()));
    }
  }

  private static void consume(TestService service, AtomicBoolean stop, List<String> delivered) {
    while (!stop.get()) {
      LeaseAnswer.@Nullable Leased leased =
          service.lease(service.find("q"), 7, Duration.ofMillis(50));
      if (leased != null) {
        for (LeasedItem item : leased.items()) {
          delivered.add(TestService.payload(item));
          assertThat(complete(service, item.id())).isTrue();
        }
      }
    }
  }

  private static CompletableFuture<?> run(Runnable task) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            task.run();
            done.complete(true);
          } catch (RuntimeException | AssertionError e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  @Test
  void staysServedWhileTheOtherStorageIsAwayAndMovesWhenItIsBack() {
    try (TestService service = service()) {
      queue(service);
      secondPower.off();
      move(service, "second");

      produce(service, items(0, 10));
      await().until(() -> copyOf(service) != null);
      assertThat(drain(service)).isEqualTo(items(0, 10));
      produce(service, items(10, 20));
      secondPower.on();

      awaitServedOn(service, "second");
      assertThat(drain(service)).isEqualTo(items(10, 20));
      await().until(() -> partitionsOn(second) == 1);
    }
  }

  private static @Nullable Object copyOf(TestService service) {
    PartitionRecord record = slot(service.find("q")).record();
    return record.relocation() == null ? null : record.relocation().copy();
  }

  @Test
  void callsAMoveOff() {
    try (TestService service = service()) {
      queue(service);
      produce(service, items(0, 10));
      secondPower.off();
      move(service, "second");
      await().until(() -> copyOf(service) != null);

      move(service, "first");
      secondPower.on();

      await().until(() -> slot(service.find("q")).record().relocation() == null);
      assertThat(drain(service)).isEqualTo(items(0, 10));
      assertThat(slot(service.find("q")).record().storage()).isEqualTo("first");
    }
  }

  /// Whether a change brings a copy into charge.
  private static boolean publishes(QueueRecord queue) {
    return queue.name().equals("q") && queue.partitions().getFirst().storage().equals("second");
  }

  @Test
  void findsOutWhetherTheCopyIsInChargeWhenAnswersAreLost() {
    try (TestService service = service()) {
      queue(service);
      produce(service, items(0, 10));
      AtomicInteger lost = new AtomicInteger();
      catalogue.gate((queue, change) -> {
        if (publishes(queue) && lost.incrementAndGet() <= 2) {
          if (lost.get() == 2) {
            assertThat(change.getAsBoolean()).isTrue();
          }
          throw new StorageException.Unavailable("the answer is lost", null);
        }
        return change.getAsBoolean();
      });

      move(service, "second");
      awaitServedOn(service, "second");

      assertThat(lost.get()).isEqualTo(2);
      assertThat(drain(service)).isEqualTo(items(0, 10));
    }
  }

  @Test
  void servesASealedPartitionWhenItsOwnerHasGoneAndLetsTheOldCopyNotIntoCharge() {
    CountDownLatch sealed = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean tookCharge = new AtomicBoolean();
    AtomicBoolean hangs = new AtomicBoolean(true);
    try (TestService hung = service()) {
      queue(hung);
      produce(hung, items(0, 10));
      List<LeasedItem> leased = hung.lease(hung.find("q"), 1).items();
      catalogue.gate((queue, change) -> {
        if (publishes(queue) && hangs.getAndSet(false)) {
          sealed.countDown();
          awaitUninterruptibly(goOn);
          tookCharge.set(change.getAsBoolean());
          return tookCharge.get();
        }
        return change.getAsBoolean();
      });
      move(hung, "second");
      awaitUninterruptibly(sealed);

      try (TestService next = service()) {
        awaitServedOn(next, "first");
        produce(next, items(10, 20));
        goOn.countDown();

        assertThat(complete(next, leased.getFirst().id())).isTrue();
        assertThat(drain(next)).isEqualTo(items(1, 20));
        assertThat(tookCharge).isFalse();
        // the move is still asked for
        awaitServedOn(next, "second");
        produce(next, items(20, 21));
        assertThat(drain(next)).isEqualTo(items(20, 21));
      }
    }
  }

  @Test
  void servesTheCopyWhenItsOwnerHasGoneJustAfterItCameIntoCharge() {
    CountDownLatch published = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    try (TestService hung = service()) {
      queue(hung);
      produce(hung, items(0, 10));
      catalogue.gate((queue, change) -> {
        boolean done = change.getAsBoolean();
        if (publishes(queue) && done && published.getCount() > 0) {
          published.countDown();
          awaitUninterruptibly(goOn);
        }
        return done;
      });
      move(hung, "second");
      awaitUninterruptibly(published);

      try (TestService next = service()) {
        awaitServedOn(next, "second");
        produce(next, items(10, 20));

        assertThat(drain(next)).isEqualTo(items(0, 20));
        goOn.countDown();
      }
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (true) {
      try {
        latch.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void drainsAStorage() {
    try (TestService service =
        new TestService(
                List.of(new Storage("first", first, 1), new Storage("second", second, 1)),
                catalogue)
            .started()) {
      service.create("a", TestService.partitions(4));
      service.create("b", TestService.partitions(1));
      service.produce(service.find("a"), "x", "y");

      assertThat(service.node.moves().drain("first")).isTrue();

      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              Stream.of("a", "b")
                  .map(service::find)
                  .flatMap(queue -> queue.partitions().stream())
                  .allMatch(slot ->
                      slot.record().storage().equals("second")
                          && slot.record().relocation() == null));
      await().until(() -> partitionsOn(first) == 0 && partitionsOn(second) == 5);
      assertThat(service.lease(service.find("a"), 2).items())
          .extracting(TestService::payload)
          .containsExactly("x", "y");
    }
  }

  @Test
  void drainsNoStorageWhereNoOtherTakesPartitions() {
    try (TestService service = service()) {
      assertThat(service.node.moves().drain("first")).isFalse();
    }
  }
}

package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.service.PartitionSlot.Health;
import io.querator.queue.Command.Produced;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A storage that answers nothing, neither good nor bad, holds up nothing of another one's.
class StorageHangsTest {
  private final Hang first = new Hang();
  private final Hang second = new Hang();
  private final Switch third = new Switch();
  private final List<Storage> storages =
      List.of(
          storage("first", new FaultyPartitionStore(memory(), first, _ -> false)),
          storage("second", new FaultyPartitionStore(memory(), second, _ -> false)),
          storage("third", new FaultyPartitionStore(memory(), third, _ -> false)));
  private final MemoryCatalogue catalogue = new MemoryCatalogue();
  private final TestService service = new TestService(storages, first.around(catalogue));

  private static MemoryPartitionStore memory() {
    return new MemoryPartitionStore(InstantSource.system());
  }

  private static Storage storage(String name, FaultyPartitionStore store) {
    return new Storage(name, store, 1);
  }

  @AfterEach
  void close() {
    first.goOn();
    second.goOn();
    service.close();
  }

  private static PartitionSlot on(String storage, ServedQueue queue) {
    return queue.partitions().stream()
        .filter(slot -> slot.record().storage().equals(storage))
        .findFirst()
        .orElseThrow();
  }

  private CompletableFuture<Placed<Produced>> producing(ServedQueue queue) {
    return CompletableFuture.supplyAsync(
        () -> queue.produce(TestService.items(null, "a"), service.soon()),
        Thread::startVirtualThread);
  }

  @Test
  void producesElsewhereWhileATurnHangs() {
    service.started();
    ServedQueue queue = service.queue(3);
    PartitionSlot hanging = on("second", queue);
    second.begin();
    CompletableFuture<Outcome<Produced>> stuck =
        CompletableFuture.supplyAsync(
            () -> hanging.produce(TestService.items(null, "a"), service.soon()),
            Thread::startVirtualThread);
    await().until(hanging::hangs);

    for (int i = 0; i < 10; i++) {
      assertThat(service.produce(queue, "b", "c")).isNotEqualTo(hanging.index());
    }

    second.goOn();
    assertThat(stuck.join()).isEqualTo(new Done<>(Produced.ADDED));
    await().until(() -> hanging.prospect() == Health.SERVING);
  }

  @Test
  void callsThatWaitBehindATurnThatHangsGoElsewhere() {
    service.started();
    ServedQueue queue = service.queue(3);
    PartitionSlot hanging = on("second", queue);
    String[] many = new String[3_000];
    Arrays.fill(many, "a");
    queue.partitions().stream()
        .filter(slot -> slot != hanging)
        .forEach(slot -> service.produceInto(queue, slot.index(), many));
    await().until(() -> second.waiting() == 0);
    second.begin();

    // all choose the partition where nothing waits
    CompletableFuture<Placed<Produced>> inTurn = producing(queue);
    await().until(() -> hanging.producing() == 1 && hanging.mailboxDepth() == 0);
    List<CompletableFuture<Placed<Produced>>> behind =
        Stream.generate(() -> producing(queue)).limit(9).toList();

    assertThat(behind)
        .allMatch(call -> call.join().outcome().equals(new Done<>(Produced.ADDED)))
        .allMatch(call -> call.join().partition() != hanging.index());
    assertThat(inTurn).isNotDone();
    second.goOn();
    assertThat(inTurn.join()).isEqualTo(new Placed<>(hanging.index(), new Done<>(Produced.ADDED)));
  }

  @Test
  void waitsForATurnThatHangsWhereNothingElseIs() {
    service.started();
    ServedQueue queue = service.queue(3);
    PartitionSlot hanging = on("second", queue);
    second.begin();
    CompletableFuture<Outcome<Produced>> turn =
        CompletableFuture.supplyAsync(
            () -> hanging.produce(TestService.items(null, "a"), service.soon()),
            Thread::startVirtualThread);
    await().until(hanging::hangs);

    CompletableFuture<Outcome<Produced>> behind =
        CompletableFuture.supplyAsync(
            () -> hanging.produce(TestService.items(null, "b"), service.soon(), () -> false),
            Thread::startVirtualThread);
    await().until(() -> hanging.mailboxDepth() == 1);
    second.goOn();

    assertThat(turn.join()).isEqualTo(new Done<>(Produced.ADDED));
    assertThat(behind.join()).isEqualTo(new Done<>(Produced.ADDED));
  }

  @Test
  void leasesNothingFromATurnThatHangs() {
    service.started();
    ServedQueue queue = service.queue(3);
    PartitionSlot hanging = on("second", queue);
    service.produceInto(queue, hanging.index(), "a", "b", "c");
    PartitionSlot other = on("third", queue);
    service.produceInto(queue, other.index(), "d");
    second.begin();
    CompletableFuture<Outcome<Produced>> stuck =
        CompletableFuture.supplyAsync(
            () -> hanging.produce(TestService.items(null, "e"), service.soon()),
            Thread::startVirtualThread);
    await().until(hanging::hangs);

    assertThat(hanging.hasReady()).isFalse();
    assertThat(service.lease(queue, 1).partition()).isEqualTo(other.index());

    second.goOn();
    stuck.join();
    assertThat(service.lease(queue, 10).partition()).isEqualTo(hanging.index());
  }

  @Test
  void partitionsOfOthersComeBackWhileTheCatalogueHangs() {
    service.started();
    ServedQueue queue = service.queue(3);
    first.begin();
    CompletableFuture<?> change = service.node.hear(queue.name());
    await().until(() -> first.waiting() > 0);
    PartitionSlot other = on("third", queue);
    third.off();
    assertThat(other.call(TestService.items(null, "a"), service.soon()))
        .isInstanceOf(Outcome.NotExecuted.class);
    third.on();

    await().until(() -> other.health() == Health.SERVING);
    service.produceInto(queue, other.index(), "b");
    assertThat(change).isNotDone();
    first.goOn();
    change.join();
  }

  @Test
  void partitionsOfOthersAreOpenedAndReadWhileOneStorageReadsNothing() {
    try (TestService before = new TestService(storages, catalogue).started()) {
      before.create("q", TestService.partitions(60));
    }
    second.begin();
    service.node.start();
    await().until(() -> service.node.queues().find("q") != null);
    ServedQueue queue = service.find("q");

    await()
        .until(() ->
            queue.partitions().stream()
                .filter(slot -> !slot.record().storage().equals("second"))
                .allMatch(slot -> slot.health() == Health.SERVING));
    assertThat(on("second", queue).health()).isEqualTo(Health.OPENING);
    second.goOn();
    await()
        .until(() -> queue.partitions().stream().allMatch(slot -> slot.health() == Health.SERVING));
  }

  @Test
  void queuesAreMadeOnTheOthersWhileOneStorageIsAway() {
    service.started();
    second.begin();
    await().atMost(Duration.ofSeconds(20)).until(() -> service.node.definitions().isAway("second"));

    service.create("q", TestService.partitions(6));

    assertThat(service.find("q").partitions())
        .extracting(slot -> slot.record().storage())
        .containsOnly("first", "third");
    second.goOn();
    await().until(() -> !service.node.definitions().isAway("second"));
    service.create("r", TestService.partitions(6));
    assertThat(service.find("r").partitions())
        .extracting(slot -> slot.record().storage())
        .contains("second");
  }
}

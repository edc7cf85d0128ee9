package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.node.service.PartitionSlot.Health;
import io.querator.queue.Command.Produced;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

class StorageAwayTest {
  private final Switch first = new Switch();
  private final Switch second = new Switch();
  private final MemoryPartitionStore memory = new MemoryPartitionStore(InstantSource.system());
  private final MemoryPartitionStore other = new MemoryPartitionStore(InstantSource.system());
  private final MemoryCatalogue catalogue = new MemoryCatalogue();

  private Storage storage(String name, PartitionStore store, Switch power) {
    return new Storage(name, new FaultyPartitionStore(store, power, _ -> false), 1);
  }

  private TestService service() {
    return new TestService(
        List.of(storage("first", memory, first), storage("second", other, second)),
        first.around(catalogue));
  }

  @Test
  void startsWithoutItsCatalogueAndReadsItLater() {
    try (TestService before = service().started()) {
      before.create("q", TestService.partitions(2));
    }
    first.off();
    try (TestService service = service()) {
      service.node.start();

      assertThat(service.node.queues().isLoaded()).isFalse();
      first.on();
      Awaitility.await().until(() -> service.node.queues().isLoaded());
      Awaitility.await()
          .until(() ->
              service.find("q").partitions().stream()
                  .allMatch(slot -> slot.health() == Health.SERVING));
    }
  }

  @Test
  void opensPartitionsWhenTheirStorageComes() {
    try (TestService before = service().started()) {
      before.create("q", TestService.partitions(4));
    }
    second.off();
    try (TestService service = service().started()) {
      ServedQueue queue = service.find("q");
      List<PartitionSlot> away =
          queue.partitions().stream()
              .filter(slot -> slot.record().storage().equals("second"))
              .toList();

      assertThat(away).hasSize(2);
      assertThat(away).allMatch(slot -> slot.health() == Health.FAILING && slot.failures() > 0);
      assertThat(away.getFirst().call(TestService.items(null, "a"), service.soon()))
          .isEqualTo(new NotExecuted<Produced>(Reason.FAILING));
      service.produce(queue, "goes elsewhere");

      second.on();
      Awaitility.await()
          .until(() -> queue.partitions().stream().allMatch(s -> s.health() == Health.SERVING));
    }
  }

  @Test
  void producesWhereAPartitionFailsIntoAnother() {
    try (TestService service = service().started()) {
      service.create("q", TestService.partitions(2));
      ServedQueue queue = service.find("q");
      second.off();

      for (int i = 0; i < 4; i++) {
        int partition = service.produce(queue, "a");
        assertThat(queue.partitions().get(partition).record().storage()).isEqualTo("first");
      }
      first.off();
      assertThat(queue.produce(TestService.items(null, "b"), service.soon()).outcome())
          .isEqualTo(new NotExecuted<Produced>(Reason.FAILING));

      first.on();
      second.on();
      Awaitility.await()
          .until(() ->
              queue
                  .produce(TestService.items(null, "c"), service.soon())
                  .outcome()
                  .equals(new Done<>(Produced.ADDED)));
    }
  }

  @Test
  void wakesWaitingCallsWhenItsStorageIsBack() {
    try (TestService service = service().started()) {
      service.create("q", TestService.partitions(2));
      ServedQueue queue = service.find("q");
      service.produceInto(queue, 0, "a");
      service.produceInto(queue, 1, "b");
      first.off();
      second.off();
      assertThat(service.lease(queue, 1, Duration.ofMillis(50))).isNull();
      first.on();
      second.on();

      LeaseAnswer.Leased one = service.lease(queue, 1);
      LeaseAnswer.Leased other = service.lease(queue, 1);

      assertThat(List.of(one.partition(), other.partition())).containsExactlyInAnyOrder(0, 1);
    }
  }

  @Test
  void leavesNoPartitionOfAQueueThatCouldNotBeMade() {
    try (TestService service = service().started()) {
      first.off();

      assertThatThrownBy(() -> service.create("q", TestService.partitions(3)))
          .isInstanceOf(StorageException.Unavailable.class);

      first.on();
      Awaitility.await().until(() -> memory.created(Instant.now().plusSeconds(60)).isEmpty());
      assertThat(service.node.queues().find("q")).isNull();
    }
  }

  @Test
  void reportsPartitionsThatAnotherProcessTookAndTakesThemBackWhenTold() {
    try (TestService one = service().started()) {
      one.create("q", TestService.partitions(1));
      ServedQueue queue = one.find("q");
      try (TestService other = service().started()) {
        other.produce(other.find("q"), "a");

        assertThat(queue.produce(TestService.items(null, "b"), one.soon()).outcome())
            .isEqualTo(new NotExecuted<Produced>(Reason.MOVED));
        Awaitility.await().until(() -> queue.partitions().getFirst().health() == Health.FAILING);
        assertThat(queue.produce(TestService.items(null, "b"), one.soon()).outcome())
            .isInstanceOf(NotExecuted.class);
        assertThat(other.lease(other.find("q"), 1).items()).hasSize(1);
      }
      one.node.reopen(queue, one.soon());
      assertThat(one.produce(queue, "c")).isZero();
    }
  }
}

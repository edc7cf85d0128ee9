package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.node.service.PartitionSlot.Health;
import io.querator.queue.Command.Produced;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class MissingPartitionsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final MemoryPartitionStore first = memory();
  private final MemoryPartitionStore second = memory();
  private final MemoryCatalogue catalogue = new MemoryCatalogue();

  private static MemoryPartitionStore memory() {
    return new MemoryPartitionStore(InstantSource.system());
  }

  private static Storage storage(String name, MemoryPartitionStore store) {
    return new Storage(name, store, 1);
  }

  private TestService service(Storage... storages) {
    return new TestService(List.of(storages), catalogue).started();
  }

  private void make(int partitions) {
    try (TestService before = service(storage("first", first), storage("second", second))) {
      before.create("q", TestService.partitions(partitions));
    }
  }

  private static List<PartitionSlot> on(String storage, ServedQueue queue) {
    return queue.partitions().stream()
        .filter(slot -> slot.record().storage().equals(storage))
        .toList();
  }

  @Test
  void namesThoseOfAStorageThatIsNotConfiguredAndServesTheOthers() {
    make(4);
    try (TestService service = service(storage("first", first))) {
      ServedQueue queue = service.find("q");
      List<PartitionSlot> missing = on("second", queue);
      assertThat(missing).hasSize(2);

      assertThat(service.node.missing().size()).isEqualTo(2);
      assertThat(service.node.missing().problems())
          .containsExactly(
              entry(
                  "second",
                  "is not configured, but partitions lie on it: q/%d, q/%d"
                      .formatted(missing.get(0).index(), missing.get(1).index())));
      assertThat(missing.getFirst().call(TestService.items(null, "a"), service.soon()))
          .isEqualTo(new NotExecuted<Produced>(Reason.FAILING));
      for (int i = 0; i < 4; i++) {
        assertThat(on("first", queue))
            .extracting(PartitionSlot::index)
            .contains(service.produce(queue, "b"));
      }

      service.node.definitions().delete("q", false, service.soon());
      assertThat(service.node.missing().size()).isZero();
    }
  }

  /// Also of one that another node owns, from which this one hears nothing else of it.
  @Test
  void forgetsOneThatMovedToAStorageThatItHas() {
    make(2);
    try (TestService service = service(storage("first", first))) {
      PartitionSlot slot = on("second", service.find("q")).getFirst();
      assertThat(service.node.missing().size()).isEqualTo(1);
      slot.elsewhere(new NodeId("other"), true);
      Location moved = new Location("first", new PartitionKey(77));
      first.create(moved.key());

      QueueRecord before = catalogue.queue("q").orElseThrow();
      List<PartitionRecord> partitions =
          before.partitions().stream()
              .map(one -> one.key().equals(slot.key()) ? one.at(moved) : one)
              .toList();
      assertThat(catalogue.replace(before.with(partitions))).isTrue();
      service.node.hear("q").join();

      assertThat(service.node.missing().size()).isZero();
    }
  }

  @Test
  void namesNoMoreThanAPersonReads() {
    make(100);
    try (TestService service = service(storage("first", first))) {
      assertThat(service.node.missing().problems().get("second"))
          .endsWith(" and 30 more")
          .hasSizeLessThan(300);
    }
  }

  @Test
  void aStorageThatNoPartitionUsesCanGo() {
    try (TestService before = service(storage("first", first), new Storage("second", second, 0))) {
      before.create("q", TestService.partitions(4));
    }
    try (TestService service = service(storage("first", first))) {
      assertThat(service.node.missing().size()).isZero();
      assertThat(service.find("q").partitions()).allMatch(s -> s.health() == Health.SERVING);
    }
  }

  @Test
  void namesThoseThatTheirStorageDoesNotKnowUntilItDoes() {
    make(4);
    MemoryPartitionStore empty = memory();
    try (TestService service = service(storage("first", first), storage("second", empty))) {
      ServedQueue queue = service.find("q");
      List<PartitionSlot> missing = on("second", queue);
      await().atMost(PATIENCE).until(() -> service.node.missing().size() == 2);
      assertThat(service.node.missing().problems().get("second"))
          .startsWith("does not have partitions that lie on it: q/");
      assertThat(missing).allMatch(slot -> slot.health() == Health.FAILING && slot.failures() > 0);
      service.produce(queue, "a");

      missing.forEach(slot -> empty.create(slot.key()));

      await().atMost(PATIENCE).until(() -> service.node.missing().size() == 0);
      await()
          .atMost(PATIENCE)
          .until(() -> missing.stream().allMatch(slot -> slot.health() == Health.SERVING));
    }
    try (TestService right = service(storage("first", first), storage("second", second))) {
      assertThat(right.find("q").partitions()).allMatch(s -> s.health() == Health.SERVING);
    }
  }
}

package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class LeftoversTest {
  private static final PartitionKey ORPHAN = new PartitionKey(42);
  private static final PartitionKey YOUNG = new PartitionKey(43);

  private final AtomicReference<Duration> back = new AtomicReference<>(Duration.ofHours(2));
  private final InstantSource clock = () -> Instant.now().minus(back.get());
  private final MemoryPartitionStore first = new MemoryPartitionStore(clock);
  private final MemoryPartitionStore second = new MemoryPartitionStore(clock);
  private final MemoryCatalogue catalogue = new MemoryCatalogue();

  /// On both storages a partition of two hours ago, on the second one a young one, too.
  private void makeOrphans() {
    first.create(ORPHAN);
    second.create(ORPHAN);
    back.set(Duration.ZERO);
    second.create(YOUNG);
  }

  private void makeQueue() {
    try (TestService service =
        new TestService(List.of(new Storage("first", first, 1)), catalogue).started()) {
      service.create("q", TestService.partitions(2));
    }
  }

  private TestService service(boolean secondDefinesQueues) {
    return new TestService(
            List.of(
                new Storage("first", first, 1),
                new Storage("second", () -> second, 1, () -> secondDefinesQueues)),
            catalogue)
        .started();
  }

  private boolean has(MemoryPartitionStore store, PartitionKey key) {
    return store.created(clock.instant().plusSeconds(60)).contains(key);
  }

  @Test
  void dropsOldPartitionsThatNoQueueKnows() {
    makeOrphans();
    makeQueue();
    try (TestService service = service(false)) {
      await().until(() -> !has(first, ORPHAN) && !has(second, ORPHAN));

      assertThat(has(second, YOUNG)).isTrue();
      service.produce(service.find("q"), "a");
    }
  }

  /// The first storage may have been replaced by an empty one.
  @Test
  void keepsEverythingWhereNoQueueIsKnown() {
    makeOrphans();
    try (TestService service = service(false)) {
      service.node.leftovers().drop();

      assertThat(has(first, ORPHAN)).isTrue();
      assertThat(has(second, ORPHAN)).isTrue();
    }
  }

  /// A storage that was the first one of another configuration.
  @Test
  void keepsWhatAnotherCatalogueKnows() {
    makeOrphans();
    makeQueue();
    try (TestService service = service(true)) {
      service.node.leftovers().drop();
      await().until(() -> !has(first, ORPHAN));

      assertThat(has(second, ORPHAN)).isTrue();
    }
  }
}

package io.querator.node.service;

import static io.querator.node.service.TestService.partitions;
import static io.querator.node.service.TestService.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.PartitionLimits;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class QueueDefinitionsTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());
  private final MemoryPartitionStore store = new MemoryPartitionStore(InstantSource.system());
  private final MemoryCatalogue catalogue = new MemoryCatalogue();
  private final TestService service =
      new TestService(List.of(new Storage("s", store, 1)), catalogue).started();

  @AfterEach
  void close() {
    service.close();
  }

  private Set<PartitionKey> stored() {
    return store.created(Instant.now().plus(Duration.ofDays(1)));
  }

  private Set<PartitionKey> known() {
    Set<PartitionKey> known = new HashSet<>();
    for (QueueRecord queue : catalogue.queues()) {
      queue.partitions().stream().map(PartitionRecord::key).forEach(known::add);
    }
    return known;
  }

  @Test
  void letsOneOfManyCreateAName() throws Exception {
    List<Future<DefinitionResult>> results;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      results =
          IntStream.range(0, 20)
              .mapToObj(_ -> threads.submit(() -> service.create("same", partitions(3))))
              .toList();
    }

    List<DefinitionResult> all = results.stream().map(Future::resultNow).toList();
    assertThat(all).containsOnlyOnce(DefinitionResult.DONE);
    assertThat(all).contains(DefinitionResult.EXISTS);
    assertThat(service.produce(service.find("same"), "a")).isZero();
    Awaitility.await().until(() -> stored().equals(known()));
  }

  @RepeatedTest(5)
  void leavesNoOrphanInAStormOfChanges() {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int t = 0; t < 8; t++) {
        Random random = new Random(SEED + t);
        threads.submit(() -> {
          for (int i = 0; i < 60; i++) {
            change(random, "q" + random.nextInt(4));
          }
        });
      }
    }

    Awaitility.await()
        .alias("seed " + SEED)
        .untilAsserted(() -> assertThat(stored()).isEqualTo(known()));
    Awaitility.await()
        .alias("seed " + SEED)
        .untilAsserted(() ->
            assertThat(service.node.queues().all())
                .extracting(ServedQueue::record)
                .isEqualTo(catalogue.queues()));
    for (ServedQueue queue : service.node.queues().all()) {
      service.produce(queue, "works");
      assertThat(service.lease(queue, 1).items()).hasSize(1);
    }
  }

  private void change(Random random, String name) {
    switch (random.nextInt(5)) {
      case 0, 1 -> service.create(name, partitions(random.nextInt(1, 5)));
      case 2 -> service.node.definitions().delete(name, false, service.soon());
      case 3 -> {
        int count = random.nextInt(1, 6);
        service.node.definitions().update(name, before -> with(before, "", count), service.soon());
      }
      default -> {
        ServedQueue queue = service.node.queues().find(name);
        if (queue != null) {
          queue.produce(TestService.items(null, "x"), service.soon());
        }
      }
    }
  }

  @Test
  void keepsItsLimits() {
    ServiceSettings few =
        new ServiceSettings("n", 2, 5, 4, 10, 1_000, 1 << 20, 4, false, PartitionLimits.DEFAULT);
    try (TestService small =
        new TestService(few, List.of(TestService.memory("m", 1)), new MemoryCatalogue())
            .started()) {
      assertThat(small.create("a", partitions(3))).isEqualTo(DefinitionResult.DONE);
      assertThat(small.create("b", partitions(3))).isEqualTo(DefinitionResult.TOO_MANY_PARTITIONS);
      assertThat(small.create("b", partitions(1))).isEqualTo(DefinitionResult.DONE);
      assertThat(small.create("c", partitions(1))).isEqualTo(DefinitionResult.TOO_MANY_QUEUES);
      assertThat(small.node.definitions().update("a", before -> with(before, "", 5), small.soon()))
          .isEqualTo(DefinitionResult.TOO_MANY_PARTITIONS);
      small.node.definitions().delete("b", false, small.soon());
      assertThat(small.create("c", partitions(2))).isEqualTo(DefinitionResult.DONE);
    }
  }

  @Test
  void findsQueuesAndItemsAfterARestart() {
    service.create("q", partitions(2));
    service.produce(service.find("q"), "a", "b");
    service.lease(service.find("q"), 1);
    service.close();

    try (TestService again =
        new TestService(List.of(new Storage("s", store, 1)), catalogue).started()) {
      ServedQueue queue = again.find("q");

      assertThat(again.lease(queue, 10).items())
          .extracting(TestService::payload)
          .containsExactly("b");
    }
  }
}

package io.querator.node.service;

import static io.querator.node.service.TestService.partitions;
import static io.querator.node.service.TestService.payload;
import static io.querator.node.service.TestService.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.node.service.ItemReader.Kind;
import io.querator.queue.Command.Complete;
import io.querator.queue.Command.Produced;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import io.querator.storage.jdbc.PostgresPartitionStore;
import io.querator.storage.jdbc.PostgresSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The service on a real PostgreSQL.
class PostgresServiceIT {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  private static TestService on(TestPostgres.Database database) {
    PostgresPartitionStore store =
        PostgresPartitionStore.open(
            new PostgresSettings(
                "s",
                database.jdbcUrl(),
                database.user(),
                database.password(),
                PostgresSettings.DEFAULT_SCHEMA,
                2,
                Duration.ofSeconds(2),
                true),
            null);
    return new TestService(List.of(new Storage("s", store, 1)), store.catalogue()).started();
  }

  private static PartitionSlot slot(ServedQueue queue, int partition) {
    PartitionSlot slot = queue.partition(partition);
    if (slot == null) {
      throw new AssertionError("no partition " + partition);
    }
    return slot;
  }

  private static void complete(TestService service, ServedQueue queue, LeaseAnswer.Leased leased) {
    List<ItemId> ids = leased.items().stream().map(LeasedItem::id).toList();
    assertThat(queue.complete(slot(queue, leased.partition()), new Complete(ids), service.soon()))
        .isEqualTo(new Done<>(List.of()));
  }

  @Test
  void losesNothingWhilePartitionsComeAndGo() {
    try (TestService service = on(TestPostgres.database())) {
      service.create("q", partitions(2));
      ServedQueue queue = service.find("q");
      int count = 400;
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      AtomicBoolean repartitioned = new AtomicBoolean();
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int p = 0; p < 2; p++) {
          int producer = p;
          threads.submit(() -> {
            for (int i = 0; i < count / 2; i++) {
              service.produce(queue, producer + "-" + i);
            }
          });
        }
        for (int c = 0; c < 2; c++) {
          threads.submit(() -> {
            while (seen.size() < count || !repartitioned.get()) {
              LeaseAnswer.Leased leased = service.lease(queue, 5, Duration.ofMillis(100));
              if (leased != null) {
                leased.items().forEach(item -> seen.add(payload(item)));
                complete(service, queue, leased);
              }
            }
          });
        }
        threads.submit(() -> {
          for (int partitions : new int[] {1, 4, 2, 1, 3}) {
            service.repartition(queue, partitions);
          }
          repartitioned.set(true);
        });
      }

      assertThat(seen).hasSize(count).doesNotHaveDuplicates();
      Awaitility.await().until(() -> queue.partitions().size() == 3);
    }
  }

  @Test
  void leavesNoOrphanInAStormOfChanges() {
    TestPostgres.Database database = TestPostgres.database();
    try (TestService service = on(database)) {
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int t = 0; t < 4; t++) {
          Random random = new Random(SEED + t);
          threads.submit(() -> {
            for (int i = 0; i < 15; i++) {
              String name = "q" + random.nextInt(2);
              int count = random.nextInt(1, 4);
              switch (random.nextInt(3)) {
                case 0 -> service.create(name, partitions(count));
                case 1 -> service.node.definitions().delete(name, false, service.soon());
                default ->
                    service
                        .node
                        .definitions()
                        .update(name, before -> with(before, "", count), service.soon());
              }
            }
          });
        }
      }

      Set<PartitionKey> known = new HashSet<>();
      Awaitility.await()
          .alias("seed " + SEED)
          .untilAsserted(() -> {
            known.clear();
            service.node.queues().all().stream()
                .flatMap(queue -> queue.record().partitions().stream())
                .map(PartitionRecord::key)
                .forEach(known::add);
            assertThat(stored(database)).isEqualTo(known);
          });
      for (ServedQueue queue : service.node.queues().all()) {
        service.produce(queue, "works");
        assertThat(service.lease(queue, 1).items()).hasSize(1);
      }
    }
  }

  private static Set<PartitionKey> stored(TestPostgres.Database database) {
    PostgresSettings settings =
        new PostgresSettings(
            "look",
            database.jdbcUrl(),
            database.user(),
            database.password(),
            PostgresSettings.DEFAULT_SCHEMA,
            1,
            Duration.ofSeconds(2),
            true);
    try (PostgresPartitionStore store = PostgresPartitionStore.open(settings, null)) {
      return store.created(Instant.now().plusSeconds(3_600));
    }
  }

  @Test
  void listsFromAnyPivotAfterRestarts() {
    TestPostgres.Database database = TestPostgres.database();
    Random random = new Random(SEED);
    for (int round = 0; round < 3; round++) {
      try (TestService service = on(database)) {
        service.create("q", partitions(1));
        for (int i = 0; i < 5; i++) {
          service.produce(service.find("q"), "a", "b", "c");
        }
        service.lease(service.find("q"), 2);
      }
    }
    try (TestService service = on(database)) {
      ServedQueue queue = service.find("q");
      List<ListedItem> all = list(service, queue, null);
      assertThat(all).hasSize(45);
      assertThat(all.stream().filter(item -> item.lease() != null)).hasSize(6);

      for (int i = 0; i < 40; i++) {
        ItemId there = all.get(random.nextInt(all.size())).id();
        ItemId pivot =
            random.nextBoolean()
                ? new ItemId(
                    there.second() + random.nextInt(-1, 2),
                    there.partition(),
                    there.serial() + random.nextInt(-2, 3))
                : new ItemId(there.second(), PartitionKey.random(random), random.nextLong());

        assertThat(list(service, queue, pivot).stream().map(ListedItem::id))
            .as("seed %d, from %s", SEED, pivot)
            .isEqualTo(
                all.stream().map(ListedItem::id).filter(id -> id.compareTo(pivot) >= 0).toList());
      }
    }
  }

  private static List<ListedItem> list(
      TestService service, ServedQueue queue, @Nullable ItemId pivot) {
    List<ListedItem> items = new ArrayList<>();
    Outcome<Boolean> outcome =
        service
            .node
            .items()
            .list(queue, slot(queue, 0), Kind.READY, pivot, service.soon(), items::add);
    assertThat(outcome).isEqualTo(new Done<>(true));
    return items;
  }

  @Test
  void servesAgainSoonAfterItsDatabaseIsBack() {
    try (TestPostgresServer server = TestPostgres.ownServer();
        TestService service = on(server.database())) {
      service.create("q", partitions(2));
      ServedQueue queue = service.find("q");
      Set<String> acknowledged = new HashSet<>();
      Set<String> unknown = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        produce(service, queue, "before-" + i, acknowledged, unknown);
      }

      server.stop();
      for (int i = 0; i < 6; i++) {
        produce(service, queue, "away-" + i, acknowledged, unknown);
      }
      server.start();
      Instant back = Instant.now();
      Awaitility.await().until(() -> produce(service, queue, "after", acknowledged, unknown));

      assertThat(Duration.between(back, Instant.now())).isLessThan(Duration.ofSeconds(3));
      Set<String> leased = new HashSet<>();
      Awaitility.await()
          .untilAsserted(() -> {
            LeaseAnswer.Leased got = service.lease(queue, 100, Duration.ofMillis(200));
            if (got != null) {
              got.items().forEach(item -> assertThat(leased.add(payload(item))).isTrue());
            }
            assertThat(leased).containsAll(acknowledged);
          });
      leased.removeAll(unknown);
      assertThat(leased).isEqualTo(acknowledged);
    }
  }

  private static boolean produce(
      TestService service,
      ServedQueue queue,
      String payload,
      Set<String> acknowledged,
      Set<String> unknown) {
    Outcome<Produced> outcome =
        queue.produce(TestService.items(null, payload), service.soon()).outcome();
    if (outcome instanceof Done<Produced>) {
      acknowledged.add(payload);
    } else if (outcome instanceof Outcome.Unknown<Produced>) {
      unknown.add(payload);
    }
    return outcome instanceof Done<Produced>;
  }
}

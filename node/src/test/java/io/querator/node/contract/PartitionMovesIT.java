package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.PartitionPlace;
import io.querator.client.message.PartitionsListRequest;
import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StoragesDrainRequest;
import io.querator.storage.TestMysql;
import io.querator.storage.TestPostgres;
import io.querator.storage.mongo.TestMongo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Moving partitions between databases of all kinds.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PartitionMovesIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// PostgreSQL, MySQL, MariaDB, MongoDB's protocol.
  private static final List<String> STORAGES =
      List.of("default", "storage-1", "storage-2", "storage-3");

  private TestServer server;

  @BeforeAll
  void start() {
    TestPostgres.Database postgres = TestPostgres.database();
    List<String> flags =
        new ArrayList<>(
            TestServer.storage(0, postgres.jdbcUrl(), postgres.user(), postgres.password()));
    flags.addAll(storage(1, TestMysql.database(TestMysql.Kind.MYSQL)));
    flags.addAll(storage(2, TestMysql.database(TestMysql.Kind.MARIADB)));
    flags.addAll(TestServer.storage(3, TestMongo.databaseUrl(), "", ""));
    server = TestServer.onStorages(flags);
  }

  private static List<String> storage(int index, TestMysql.Database database) {
    return TestServer.storage(index, database.url(), database.user(), database.password());
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private void move(TestQueue queue, int partition, String storage) {
    server
        .api()
        .ok(
            Call.PARTITIONS_MOVE,
            PartitionsMoveRequest.newBuilder()
                .setQueueName(queue.name())
                .setPartition(partition)
                .setStorage(storage));
    await().atMost(PATIENCE).until(() -> isAt(place(queue, partition), storage));
  }

  private static boolean isAt(PartitionPlace place, String storage) {
    return place.getStorage().equals(storage) && place.getMovesTo().isEmpty();
  }

  private PartitionPlace place(TestQueue queue, int partition) {
    return server
        .api()
        .ok(Call.PARTITIONS_LIST, PartitionsListRequest.newBuilder().setQueueName(queue.name()))
        .getPartitions(partition);
  }

  @Test
  void keepsItemsIdsLeasesAndKeysFromKindToKind() {
    TestQueue queue = server.queue();
    queue.produceKinds(300);
    QueueProduceRequest.Builder keyed = queue.produceRequest("once").setIdempotencyKey("k");
    queue.produce(keyed);
    queue.produce(Times.scheduled(TestQueue.item("later"), Duration.ofHours(1)));
    List<String> scheduled = ids(queue.scheduled());
    List<String> ids = ids(queue.items());
    QueueLeaseResponse held = queue.lease(3);
    String first = place(queue, 0).getStorage();
    List<String> goals = new ArrayList<>(STORAGES);
    while (!goals.getFirst().equals(first)) {
      goals.add(goals.removeFirst());
    }
    goals.add(goals.removeFirst());

    for (String goal : goals) {
      move(queue, 0, goal);

      assertThat(ids(queue.items())).as("on " + goal).isEqualTo(ids);
      assertThat(ids(queue.scheduled())).isEqualTo(scheduled);
      queue.produce(keyed);
      assertThat(queue.leaseOne().getId()).isEqualTo(ids.get(3 + goals.indexOf(goal)));
    }

    queue.complete(held);
    assertThat(ids(queue.items())).isEqualTo(ids.subList(3, ids.size()));
    List<String> left =
        queue.lease(1_000).getItemsList().stream().map(QueueLeaseItem::getId).toList();
    assertThat(left).isEqualTo(ids.subList(3 + goals.size(), ids.size()));
  }

  private static List<String> ids(List<StorageItem> items) {
    return items.stream().map(StorageItem::getId).toList();
  }

  @Test
  void drainsAStorage() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(8));
    IntStream.range(0, 80).forEach(i -> queue.produce("item " + i));

    server.api().ok(Call.STORAGES_DRAIN, StoragesDrainRequest.newBuilder().setStorage("storage-1"));

    await()
        .atMost(PATIENCE)
        .until(() ->
            IntStream.range(0, 8)
                .mapToObj(partition -> place(queue, partition))
                .noneMatch(place ->
                    place.getStorage().equals("storage-1") || !place.getMovesTo().isEmpty()));
    int leased = 0;
    while (leased < 80) {
      QueueLeaseResponse lease = queue.lease(80);
      leased += lease.getItemsCount();
      queue.complete(lease);
    }
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void refusesWhatCannotBeMoved() {
    TestQueue queue = server.queue();
    PartitionsMoveRequest.Builder move =
        PartitionsMoveRequest.newBuilder().setQueueName(queue.name());

    assertThat(server.api().refused(Call.PARTITIONS_MOVE, move).getMessage())
        .isEqualTo("storage is invalid; storage cannot be empty");
    assertThat(server.api().refused(Call.PARTITIONS_MOVE, move.setStorage("x")).getMessage())
        .isEqualTo("storage does not exist; no such storage named 'x'");
    assertThat(
            server
                .api()
                .refused(Call.PARTITIONS_MOVE, move.setStorage("storage-1").setPartition(7))
                .getMessage())
        .isEqualTo("partition is invalid; '7' is not a valid partition");
    assertThat(
            server
                .api()
                .refused(Call.STORAGES_DRAIN, StoragesDrainRequest.getDefaultInstance())
                .getMessage())
        .isEqualTo("storage is invalid; storage cannot be empty");
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.GoDuration;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueuePartitionStats;
import io.querator.client.message.QueueReloadRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 7 of the contract: stats, clear and reload.
@ExtendWith(SharedServer.class)
class StatsIT {
  private final TestServer server;
  private final ApiClient api;

  StatsIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  @Test
  void hasNothingToSayOfAnEmptyQueue() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));

    QueueLogicalStats stats = queue.stats();

    assertThat(stats.toBuilder().clearPartitions().build())
        .isEqualTo(QueueLogicalStats.getDefaultInstance());
    assertThat(stats.getPartitionsList()).containsExactly(empty(0), empty(1), empty(2));
    assertThat(api.json(Call.QUEUE_STATS.path(), "{'queue_name':'" + queue.name() + "'}").text())
        .isEqualTo(
            "{\"queue_name\":\"%s\",\"logicalQueues\":[{\"partitions\":[{\"average_age\":\"0s\",\"average_leased_age\":\"0s\"},{\"partition\":1,\"average_age\":\"0s\",\"average_leased_age\":\"0s\"},{\"partition\":2,\"average_age\":\"0s\",\"average_leased_age\":\"0s\"}]}]}"
                .formatted(queue.name()));
  }

  private static QueuePartitionStats empty(int partition) {
    return QueuePartitionStats.newBuilder()
        .setPartition(partition)
        .setAverageAge("0s")
        .setAverageLeasedAge("0s")
        .build();
  }

  @Test
  void countsExactlyAfterEachCall() {
    TestQueue queue = server.queue();

    queue.produce("a", "b", "c", "d", "e");
    assertCounts(queue, 5, 0, 0);
    queue.produce(Times.later(TestQueue.item("f")));
    assertCounts(queue, 5, 0, 1);
    List<String> ids = TestQueue.ids(queue.lease(4));
    assertCounts(queue, 5, 4, 1);
    queue.complete(ids.get(0));
    assertCounts(queue, 4, 3, 1);
    queue.retry(TestQueue.retried(ids.get(1)));
    assertCounts(queue, 4, 2, 1);
    queue.retry(TestQueue.retried(ids.get(2)).setRetryAt(Times.in(Duration.ofHours(1))));
    assertCounts(queue, 3, 1, 2);
    queue.retry(TestQueue.retried(ids.get(3)).setDead(true));
    assertCounts(queue, 2, 0, 2);
    queue.imported(0, 3);
    assertCounts(queue, 5, 0, 2);
    clear(queue, request -> request.setScheduled(true));
    assertCounts(queue, 5, 0, 0);
    clear(queue, request -> request.setQueue(true));
    assertCounts(queue, 0, 0, 0);
  }

  private static void assertCounts(TestQueue queue, int total, int leased, int scheduled) {
    QueuePartitionStats stats = queue.stats(0);
    assertThat(
            List.of(
                stats.getTotal(),
                stats.getTotalLeased(),
                stats.getScheduled(),
                stats.getFailures()))
        .as("total, leased, scheduled, failures")
        .containsExactly(total, leased, scheduled, 0);
    assertThat(queue.items()).hasSize(total);
    assertThat(queue.scheduled()).hasSize(scheduled);
  }

  @Test
  void countsTheCallsThatWait() {
    TestQueue queue = server.queue();
    var first = queue.leaseWaiting(1);
    var second = queue.leaseWaiting(1);

    QueueLogicalStats waiting = queue.stats();
    queue.produce("a", "b");
    first.join();
    second.join();

    assertThat(waiting.getLeaseWaiting()).isEqualTo(2);
    assertThat(waiting.getInFlight()).isEqualTo(2);
    assertThat(waiting.getProduceWaiting()).isZero();
    assertThat(waiting.getCompleteWaiting()).isZero();
    assertThat(queue.stats().getLeaseWaiting()).isZero();
    await().until(() -> queue.stats().getInFlight() == 0);
  }

  @Test
  void tellsTheMeanAge() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c");
    await().until(() -> age(queue.stats(0)).toMillis() > 300);
    queue.produce("d");

    Instant before = Instant.now();
    Duration age = age(queue.stats(0));
    Instant after = Instant.now();

    double mean =
        queue.items().stream()
            .mapToLong(
                item -> Duration.between(Times.instant(item.getCreatedAt()), before).toMillis())
            .average()
            .orElseThrow();
    assertThat((double) age.toMillis())
        .isBetween(mean - 20, mean + 20 + Duration.between(before, after).toMillis());
  }

  @Test
  void tellsTheMeanTimeLeftOnLeases() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("10m"));
    queue.produce("a", "b");
    queue.leaseOne();
    Duration one = GoDuration.parse(queue.stats(0).getAverageLeasedAge());
    queue.update(info -> info.setLeaseTimeout("20m"));
    queue.leaseOne();

    Duration two = GoDuration.parse(queue.stats(0).getAverageLeasedAge());

    assertThat(one).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
    assertThat(two).isBetween(Duration.ofMinutes(14), Duration.ofMinutes(15));
  }

  private static Duration age(QueuePartitionStats stats) {
    return GoDuration.parse(stats.getAverageAge());
  }

  // Clear

  private void clear(
      TestQueue queue, java.util.function.UnaryOperator<QueueClearRequest.Builder> what) {
    api.ok(Call.QUEUE_CLEAR, what.apply(QueueClearRequest.newBuilder().setQueueName(queue.name())));
  }

  private TestQueue filled() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    for (int partition = 0; partition < 3; partition++) {
      queue.imported(partition, 10);
      queue.produce(Times.later(TestQueue.item("scheduled")));
    }
    for (int partition = 0; partition < 3; partition++) {
      queue.lease(4);
    }
    return queue;
  }

  private static List<Integer> counts(TestQueue queue) {
    List<QueuePartitionStats> stats = queue.stats().getPartitionsList();
    return List.of(
        stats.stream().mapToInt(QueuePartitionStats::getTotal).sum(),
        stats.stream().mapToInt(QueuePartitionStats::getTotalLeased).sum(),
        stats.stream().mapToInt(QueuePartitionStats::getScheduled).sum());
  }

  @Test
  void clearsWhatItIsTold() {
    TestQueue waiting = filled();
    TestQueue leased = filled();
    TestQueue scheduled = filled();
    TestQueue everything = filled();
    assertThat(counts(waiting)).containsExactly(30, 12, 3);

    clear(waiting, request -> request.setQueue(true));
    clear(leased, request -> request.setQueue(true).setDestructive(true));
    clear(scheduled, request -> request.setScheduled(true).setDestructive(true));
    clear(everything, request -> request.setQueue(true).setScheduled(true).setDestructive(true));

    assertThat(counts(waiting)).containsExactly(12, 12, 3);
    assertThat(counts(leased)).containsExactly(0, 0, 3);
    assertThat(counts(scheduled)).containsExactly(30, 12, 0);
    assertThat(counts(everything)).containsExactly(0, 0, 0);
    assertThat(waiting.isEmpty()).isTrue();
    assertThat(leased.items()).isEmpty();
  }

  @Test
  void takesNewItemsAfterAClear() {
    TestQueue queue = filled();
    clear(queue, request -> request.setQueue(true).setScheduled(true).setDestructive(true));

    queue.produce("new");

    assertThat(TestQueue.payloads(queue.lease(10))).containsExactly("new");
  }

  @Test
  void completesLeasedItemsAfterAClear() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    String id = queue.leaseOne().getId();

    clear(queue, request -> request.setQueue(true));

    assertThat(queue.complete(id).status()).isEqualTo(200);
    assertThat(queue.total()).isZero();
  }

  // Reload

  @Test
  void changesNothingByAReload() {
    TestQueue queue = filled();
    List<Integer> before = counts(queue);
    var items = queue.items();

    reload(queue);

    await()
        .until(
            () -> queue.stats().getPartitionsList().stream().allMatch(p -> p.getFailures() == 0));
    assertThat(counts(queue)).isEqualTo(before);
    assertThat(queue.items()).isEqualTo(items);
  }

  @Test
  void letsCallsWaitOnDuringAReload() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    var waiting = queue.leaseWaiting(1);

    reload(queue);
    queue.produce("a");

    assertThat(TestQueue.payloads(waiting.join())).containsExactly("a");
  }

  private void reload(TestQueue queue) {
    for (int i = 0; i < 3; i++) {
      api.ok(Call.QUEUE_RELOAD, QueueReloadRequest.newBuilder().setQueueName(queue.name()));
    }
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.StorageItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a node knows again after it was stopped and started.
class RestartIT {
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void awaitCounted(TestQueue queue) {
    await()
        .until(
            () -> queue.stats().getPartitionsList().stream().allMatch(p -> p.getFailures() == 0));
  }

  @Test
  void keepsQueuesItemsLeasesAndAttempts() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(
            info -> info.setRequestedPartitions(3).setDeadQueue(dead.name()).setMaxAttempts(5));
    for (int i = 0; i < 3; i++) {
      queue.produce(i + " leased", i + " retried", i + " queued");
    }
    queue.produce(Times.later(TestQueue.item("scheduled")));
    for (int i = 0; i < 3; i++) {
      QueueLeaseResponse leased = queue.lease(2);
      server
          .api()
          .ok(
              Call.QUEUE_RETRY,
              io.querator.client.message.QueueRetryRequest.newBuilder()
                  .setQueueName(queue.name())
                  .setPartition(leased.getPartition())
                  .addItems(TestQueue.retried(leased.getItems(1).getId())));
    }
    QueueInfo info = queue.info();
    List<List<StorageItem>> items = all(queue);
    List<StorageItem> scheduled = queue.scheduled();

    server.restart();

    assertThat(queue.info()).isEqualTo(info);
    List<List<StorageItem>> after = all(queue);
    for (int i = 0; i < 3; i++) {
      assertThat(withoutLeases(after.get(i))).isEqualTo(withoutLeases(items.get(i)));
      // clocks are compared anew
      assertThat(deadline(after.get(i)))
          .isBetween(
              deadline(items.get(i)).minusMillis(20), deadline(items.get(i)).plusMillis(100));
    }
    assertThat(queue.scheduled()).isEqualTo(scheduled);
    awaitCounted(queue);
    assertThat(queue.total()).isEqualTo(9);
    assertThat(queue.stats().getPartitionsList())
        .allMatch(stats -> stats.getTotal() == 3 && stats.getTotalLeased() == 1);
    for (List<StorageItem> partition : items) {
      StorageItem leased = partition.getFirst();
      assertThat(queue.complete(items.indexOf(partition), List.of(leased.getId())).status())
          .isEqualTo(200);
    }
    QueueLeaseResponse rest = queue.lease(10);
    assertThat(rest.getItemsList()).extracting(QueueLeaseItem::getAttempts).containsExactly(1, 2);
  }

  private static List<StorageItem> withoutLeases(List<StorageItem> items) {
    return items.stream().map(item -> item.toBuilder().clearLeaseDeadline().build()).toList();
  }

  private static Instant deadline(List<StorageItem> items) {
    return Times.instant(items.getFirst().getLeaseDeadline());
  }

  private static List<List<StorageItem>> all(TestQueue queue) {
    return IntStream.range(0, 3)
        .mapToObj(i -> queue.items(queue.listRequest().setPartition(i)))
        .toList();
  }

  @Test
  void armsSchedulesAgain() {
    TestQueue queue = server.queue();
    Instant dueAt = Instant.now().plusSeconds(4);
    queue.produce(TestQueue.item("soon").toBuilder().setEnqueueAt(Times.of(dueAt)).build());
    queue.produce(Times.scheduled(TestQueue.item("past"), Duration.ofMillis(150)));
    queue.produce("leased");
    QueueLeaseItem leased = queue.leaseOne();
    queue.retry(TestQueue.retried(leased.getId()).setRetryAt(Times.of(dueAt)));

    server.restart();

    List<String> payloads = new ArrayList<>();
    while (payloads.size() < 3) {
      List<String> available = TestQueue.payloads(queue.lease(10));
      if (Instant.now().isBefore(dueAt.minusMillis(100))) {
        assertThat(available).containsExactly("past");
      }
      payloads.addAll(available);
    }
    assertThat(payloads).containsExactlyInAnyOrder("past", "soon", "leased");
  }

  @Test
  void letsLeasesExpireThatItDidNotSee() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(
            info -> info.setLeaseTimeout("1s").setDeadQueue(dead.name()).setMaxAttempts(2));
    queue.produce("a");
    queue.leaseOne();

    server.restart();

    QueueLeaseItem second = queue.leaseOne();
    assertThat(second.getAttempts()).isEqualTo(2);
    server.restart();
    await().atMost(Duration.ofSeconds(20)).until(() -> dead.total() == 1);
    assertThat(dead.items().getFirst().getSourceId()).isEqualTo(second.getId());
  }

  @Test
  void leasesNothingThatExpiredMeanwhile() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("10ms").setExpireTimeout("50ms"));
    queue.produce("a", "b");

    server.restart();

    assertThat(queue.isEmpty()).isTrue();
    await().until(() -> queue.total() == 0);
  }

  @Test
  void remembersIdempotencyKeys() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    List<QueueProduceRequest.Builder> requests =
        IntStream.range(0, 20)
            .mapToObj(i -> queue.produceRequest("item " + i).setIdempotencyKey("key " + i))
            .toList();
    requests.forEach(queue::produce);
    queue.complete(queue.lease(1));

    server.restart();
    requests.forEach(queue::produce);
    Answer other =
        server.api().send(Call.QUEUE_PRODUCE, queue.produceRequest("x").setIdempotencyKey("key 3"));
    queue.update(info -> info.setRequestedPartitions(2));
    server.restart();
    requests.forEach(queue::produce);

    awaitCounted(queue);
    assertThat(other.status()).isEqualTo(400);
    assertThat(queue.total()).isEqualTo(19);
  }

  @Test
  void finishesDeadLettersThatItHadBegun() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.imported(0, 300);
    QueueLeaseResponse leased = queue.lease(300);

    queue.retry(
        TestQueue.ids(leased).stream().map(id -> TestQueue.retried(id).setDead(true)).toList());
    QueueLeaseResponse consumed = dead.lease(5);
    dead.complete(consumed);
    server.restart();

    int left = 300 - consumed.getItemsCount();
    await().until(() -> dead.total() == left && queue.scheduled().isEmpty());
    assertThat(dead.items()).extracting(StorageItem::getSourceId).doesNotHaveDuplicates();
    assertThat(queue.total()).isZero();
  }

  @Test
  void givesRisingIds() {
    TestQueue queue = server.queue();
    queue.produce("a");

    server.restart();
    queue.produce("b");

    assertThat(queue.items()).extracting(StorageItem::getId).isSorted();
    assertThat(TestQueue.payloads(queue.lease(2))).containsExactly("a", "b");
  }

  @Test
  void forgetsDeletedQueues() {
    TestQueue queue = server.queue();
    queue.produce("a");
    queue.delete();

    server.restart();
    queue.create(info -> info);

    assertThat(queue.items()).isEmpty();
  }

  @Test
  void tellsWaitingCallsThatItStops() {
    TestQueue queue = server.queue();
    CompletableFuture<Answer> waiting = queue.leaseLater(1);
    queue.awaitWaiting(1);

    server.restart();

    assertThat(waiting.join().reply().getCode()).isEqualTo(453);
    assertThat(waiting.join().reply().getMessage()).isEqualTo("service is shutting down");
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.message.PartitionInfo;
import io.querator.client.message.QueueLeaseResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 7 of the contract: another number of partitions, online.
@ExtendWith(SharedServer.class)
class RepartitionIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final TestServer server;

  RepartitionIT(TestServer server) {
    this.server = server;
  }

  private static List<Integer> partitions(TestQueue queue) {
    return queue.info().getPartitionsList().stream().map(PartitionInfo::getPartition).toList();
  }

  @Test
  void growsAtOnce() {
    TestQueue queue = server.queue();
    queue.produce("a");

    queue.update(info -> info.setRequestedPartitions(4));

    assertThat(partitions(queue)).containsExactly(0, 1, 2, 3);
    assertThat(queue.stats().getPartitionsList()).hasSize(4);
    for (int i = 1; i < 4; i++) {
      queue.produce("b");
    }
    for (int i = 0; i < 4; i++) {
      assertThat(queue.stats(i).getTotal()).isEqualTo(1);
    }
  }

  @Test
  void drainsBeforeItDrops() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    for (int i = 0; i < 3; i++) {
      queue.produce("old " + i);
    }
    queue.produce(Times.scheduled(TestQueue.item("scheduled in 0"), Duration.ofMillis(200)));

    queue.update(info -> info.setRequestedPartitions(1));
    queue.produce("new 1", "new 2");

    assertThat(queue.info().getRequestedPartitions()).isEqualTo(1);
    assertThat(queue.stats(0).getTotal()).isGreaterThanOrEqualTo(3);
    assertThat(queue.stats(2).getTotal()).isEqualTo(1);
    Set<String> payloads = ConcurrentHashMap.newKeySet();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          QueueLeaseResponse leased = queue.lease(10);
          payloads.addAll(TestQueue.payloads(leased));
          queue.complete(leased);
          return payloads.size() == 6;
        });
    await().atMost(PATIENCE).until(() -> partitions(queue).equals(List.of(0)));
    assertThat(queue.stats().getPartitionsList()).hasSize(1);
    assertThat(
            server
                .api()
                .send(
                    io.querator.client.Call.STORAGE_ITEMS_LIST, queue.listRequest().setPartition(2))
                .reply()
                .getMessage())
        .isEqualTo("partition is invalid; '2' is not a valid partition");
  }

  @Test
  void keepsAPartitionWhileItsItemsAreLeased() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    queue.produce("a");
    queue.produce("b");
    QueueLeaseResponse first = queue.lease(1);
    QueueLeaseResponse second = queue.lease(1);

    queue.update(info -> info.setRequestedPartitions(1));
    await().during(Duration.ofSeconds(1)).until(() -> partitions(queue).size() == 2);
    queue.complete(first);
    queue.complete(second);

    await().atMost(PATIENCE).until(() -> partitions(queue).size() == 1);
  }

  @Test
  void takesADrainingPartitionBack() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    queue.imported(1, 3);

    queue.update(info -> info.setRequestedPartitions(1));
    queue.update(info -> info.setRequestedPartitions(2));

    queue.produce("a");
    queue.produce("b");
    assertThat(queue.total()).isEqualTo(5);
    assertThat(partitions(queue)).containsExactly(0, 1);
  }

  /// Every item is delivered once, whatever becomes of the partitions meanwhile.
  @Test
  void losesNothingUnderTraffic() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger numbers = new AtomicInteger();
    Map<String, Integer> delivered = new ConcurrentHashMap<>();
    Set<String> produced = ConcurrentHashMap.newKeySet();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(run(() -> produce(queue, stop, numbers, produced)));
      all.add(run(() -> consume(queue, stop, produced, delivered)));
    }

    for (int partitions : new int[] {5, 1, 3, 8, 2, 1, 4}) {
      queue.update(info -> info.setRequestedPartitions(partitions));
      int until = numbers.get() + 60;
      await().atMost(PATIENCE).until(() -> numbers.get() >= until);
    }
    stop.set(true);
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();

    assertThat(delivered.keySet()).containsExactlyInAnyOrderElementsOf(produced);
    assertThat(delivered.values()).containsOnly(1);
    await().atMost(PATIENCE).until(() -> partitions(queue).equals(List.of(0, 1, 2, 3)));
    assertThat(queue.total()).isZero();
  }

  private static CompletableFuture<Void> run(Runnable task) {
    return CompletableFuture.runAsync(task, Thread.ofVirtual()::start);
  }

  private static void produce(
      TestQueue queue, AtomicBoolean stop, AtomicInteger numbers, Set<String> produced) {
    while (!stop.get()) {
      String payload = "item " + numbers.incrementAndGet();
      queue.produce(payload, payload + "b");
      produced.add(payload);
      produced.add(payload + "b");
    }
  }

  private static void consume(
      TestQueue queue, AtomicBoolean stop, Set<String> produced, Map<String, Integer> delivered) {
    while (!stop.get() || delivered.size() < produced.size()) {
      Answer answer = queue.leaseNow(10);
      if (answer.ok()) {
        QueueLeaseResponse leased = answer.as(QueueLeaseResponse.getDefaultInstance());
        TestQueue.payloads(leased).stream()
            .collect(Collectors.groupingBy(payload -> payload))
            .keySet()
            .forEach(payload -> delivered.merge(payload, 1, Integer::sum));
        queue.complete(leased);
      }
    }
  }
}

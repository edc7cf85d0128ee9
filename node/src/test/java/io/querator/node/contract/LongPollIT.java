package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.StorageItem;
import io.querator.node.NodeProcess;
import io.querator.node.contract.SocketCrowd.Got;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Thousands of consumers that wait at the same time, on a node with 256 MB of heap.
class LongPollIT {
  private static final int CONSUMERS = 5_000;
  private static final int QUEUES = 10;
  private static final int EACH = CONSUMERS / QUEUES;
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern PAYLOAD = Pattern.compile("\"kind\":\"([^\"]+)\"");
  private static final Pattern ATTEMPTS = Pattern.compile("\"attempts\":(\\d+)");

  private static NodeProcess node;
  private static ApiClient api;

  private final List<TestQueue> queues = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException {
    node = NodeProcess.start(TestDirectories.create("long-poll")).awaitReady();
    api = new ApiClient(node::uri);
  }

  @AfterAll
  static void stop() throws IOException, InterruptedException {
    api.close();
    node.signal("TERM").awaitEnd();
    node.close();
  }

  private TestQueue queue(UnaryOperator<QueueInfo.Builder> change) {
    TestQueue queue = TestQueue.create(api, TestServer.freshName(), change);
    queues.add(queue);
    return queue;
  }

  private byte[] lease(int consumer) {
    return SocketCrowd.post(
        Call.QUEUE_LEASE.path(),
        "{'queue_name':'%s','client_id':'consumer %d','batch_size':1,'request_timeout':'5m'}"
            .formatted(queues.get(consumer % QUEUES).name(), consumer));
  }

  private static StorageItem.Builder[] items(int count) {
    StorageItem.Builder[] items = new StorageItem.Builder[count];
    for (int i = 0; i < count; i++) {
      items[i] = StorageItem.newBuilder().setKind("item " + i);
    }
    return items;
  }

  private void awaitWaiting(SocketCrowd crowd, int each) throws IOException {
    for (TestQueue queue : queues) {
      crowd.pump(PATIENCE, () -> queue.stats().getLeaseWaiting() == each);
    }
  }

  private static double metric(String name) {
    Pattern pattern = Pattern.compile("^" + name + "(?:\\{[^}]*\\})? (\\S+)$", Pattern.MULTILINE);
    Matcher matcher = pattern.matcher(api.get("/metrics").text());
    double sum = 0;
    while (matcher.find()) {
      sum += Double.parseDouble(matcher.group(1));
    }
    return sum;
  }

  @Test
  void wakesEachOf5000Consumers() throws IOException {
    TestQueue dead = queue(info -> info);
    queue(info -> info.setDeadQueue(dead.name()).setRequestedPartitions(2));
    while (queues.size() < QUEUES) {
      queue(info -> info.setRequestedPartitions(4));
    }
    queues.get(1).imported(items(EACH));
    List<String> toBury = TestQueue.ids(queues.get(1).lease(EACH));
    double threadsBefore = metric("jvm_threads_live_threads");

    try (SocketCrowd crowd = SocketCrowd.connect(node.port(), CONSUMERS)) {
      crowd.sendAll(this::lease);
      awaitWaiting(crowd, EACH);
      assertThat(crowd.answered()).isZero();
      assertThat(metric("jvm_threads_live_threads") - threadsBefore).isLessThan(50);
      assertThat(metric("http_connections")).isGreaterThanOrEqualTo(CONSUMERS);
      assertHealthy();

      // arrivals from a dead-letter move, leases that expire, a schedule
      queues.get(2).imported(leased(EACH));
      queues.get(3).produce(scheduled(queues.get(3)));
      queues.get(1).retry(toBury.stream().map(id -> TestQueue.retried(id).setDead(true)).toList());
      queues.get(1).produceKinds(EACH);
      for (int i = 0; i < EACH; i++) {
        queues.get(4).produceKinds(1);
      }
      queues.get(5).imported(items(EACH));
      queues.get(6).delete();
      for (int i = 7; i < QUEUES; i++) {
        queues.get(i).produceKinds(EACH);
      }
      crowd.pump(PATIENCE, () -> crowd.answered() == CONSUMERS);

      for (int i = 0; i < CONSUMERS; i++) {
        Got got = crowd.answer(i).orElseThrow();
        assertThat(got.status()).as(got.body()).isEqualTo(i % QUEUES == 6 ? 453 : 200);
      }
      for (int i = 0; i < QUEUES; i++) {
        if (i != 4 && i != 6) {
          assertThat(kinds(crowd, i)).as("queue %d", i).hasSize(EACH);
        }
      }
      assertThat(crowd.closedByServer()).isZero();
    }
  }

  private static StorageItem.Builder[] leased(int count) {
    StorageItem.Builder[] items = items(count);
    for (StorageItem.Builder item : items) {
      item.setIsLeased(true).setLeaseDeadline(Times.in(Duration.ofSeconds(1)));
    }
    return items;
  }

  private static QueueProduceRequest.Builder scheduled(TestQueue queue) {
    QueueProduceRequest.Builder request = queue.produceRequest();
    for (int i = 0; i < EACH; i++) {
      QueueProduceItem item = QueueProduceItem.newBuilder().setKind("item " + i).build();
      request.addItems(Times.scheduled(item, Duration.ofSeconds(1)));
    }
    return request;
  }

  private static Set<String> kinds(SocketCrowd crowd, int queue) {
    Set<String> kinds = new HashSet<>();
    for (int i = queue; i < CONSUMERS; i += QUEUES) {
      Matcher matcher = PAYLOAD.matcher(crowd.answer(i).orElseThrow().body());
      while (matcher.find()) {
        kinds.add(matcher.group(1));
      }
    }
    return kinds;
  }

  private static void assertHealthy() {
    Instant start = Instant.now();
    assertThat(api.get("/health").status()).isEqualTo(200);
    assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(5));
  }

  /// They all go at once, half of them without a word, and come again under the same ids.
  @Test
  void survivesStormsOfDisconnects() throws IOException {
    while (queues.size() < QUEUES) {
      queue(info -> info.setRequestedPartitions(2));
    }
    for (int storm = 0; storm < 2; storm++) {
      try (SocketCrowd crowd = SocketCrowd.connect(node.port(), CONSUMERS)) {
        crowd.sendAll(this::lease);
        awaitWaiting(crowd, EACH);
        for (int i = 0; i < CONSUMERS; i++) {
          crowd.disconnect(i, i % 2 == 0);
        }
      }
      for (TestQueue queue : queues) {
        await().atMost(PATIENCE).until(() -> queue.stats().getLeaseWaiting() == 0);
      }
      assertHealthy();
    }
    await().atMost(PATIENCE).until(() -> metric("http_connections") < 50);

    try (SocketCrowd crowd = SocketCrowd.connect(node.port(), CONSUMERS)) {
      crowd.sendAll(this::lease);
      awaitWaiting(crowd, EACH);
      for (TestQueue queue : queues) {
        queue.produceKinds(EACH);
      }
      crowd.pump(PATIENCE, () -> crowd.answered() == CONSUMERS);

      for (int i = 0; i < CONSUMERS; i++) {
        Got got = crowd.answer(i).orElseThrow();
        assertThat(got.status()).as(got.body()).isEqualTo(200);
        Matcher attempts = ATTEMPTS.matcher(got.body());
        assertThat(attempts.find()).isTrue();
        assertThat(attempts.group(1)).isEqualTo("1");
      }
      for (int i = 0; i < QUEUES; i++) {
        assertThat(kinds(crowd, i)).hasSize(EACH);
      }
    }
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.querator.client.Call;
import io.querator.client.QueratorClient;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 6 of the contract: produce, lease, the order of items, and how calls wait.
@ExtendWith(SharedServer.class)
class LeaseIT {
  private final TestServer server;
  private final ApiClient api;

  LeaseIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  private static String[] numbered(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toArray(String[]::new);
  }

  // What there is

  @Test
  void goesThroughTheStatesOfAnItem() {
    TestQueue queue = server.queue();

    queue.produce(Times.scheduled(TestQueue.item("a"), Duration.ofMillis(400)));
    StorageItem scheduled = queue.scheduled().getFirst();
    boolean hidden = queue.isEmpty();
    QueueLeaseItem leased = queue.leaseOne();
    StorageItem listed = queue.items().getFirst();
    queue.complete(leased.getId());

    assertThat(hidden).isTrue();
    assertThat(leased.getId()).isNotEqualTo(scheduled.getId());
    assertThat(leased.getAttempts()).isEqualTo(1);
    assertThat(listed.getIsLeased()).isTrue();
    assertThat(listed.getId()).isEqualTo(leased.getId());
    assertThat(listed.getLeaseDeadline()).isEqualTo(leased.getLeaseDeadline());
    assertThat(Times.instant(listed.getCreatedAt()))
        .isEqualTo(Times.instant(scheduled.getCreatedAt()));
    assertThat(queue.items()).isEmpty();
    assertThat(queue.scheduled()).isEmpty();
  }

  @Test
  void queuesAtOnceWhatIsScheduledForSoonOrThePast() {
    TestQueue queue = server.queue();
    for (long millis : new long[] {-1_000_000_000_000L, -5, 0, 40}) {
      queue.produce(Times.scheduled(TestQueue.item("a"), Duration.ofMillis(millis)));
    }
    queue.produce(TestQueue.item("a").toBuilder().setEnqueueAt(Times.ZERO).build());

    assertThat(queue.scheduled()).isEmpty();
    assertThat(queue.items())
        .hasSize(5)
        .allSatisfy(item ->
            assertThat(Times.instant(item.getExpireDeadline()))
                .isEqualTo(Times.instant(item.getCreatedAt()).plus(Duration.ofHours(24))));
    assertThat(queue.lease(10).getItemsList()).hasSize(5);
  }

  @Test
  void keepsWhatWasProduced() {
    TestQueue queue = server.queue();
    byte[] payload = new byte[256];
    IntStream.range(0, 256).forEach(i -> payload[i] = (byte) i);
    Instant before = Instant.now();

    queue.produce(
        QueueProduceItem.newBuilder()
            .setKind("kind é")
            .setReference("ref\n\"")
            .setEncoding("enc\u0001😀")
            .setBytes(ByteString.copyFrom(payload))
            .setUtf8("not this")
            .build());
    queue.produce(QueueProduceItem.newBuilder().setUtf8("é😀").build());
    queue.produce(QueueProduceItem.getDefaultInstance());
    Instant after = Instant.now();

    List<StorageItem> stored = queue.items();
    QueueLeaseResponse leased = queue.lease(10);
    QueueLeaseItem first = leased.getItems(0);
    assertThat(first.getKind()).isEqualTo("kind é");
    assertThat(first.getReference()).isEqualTo("ref\n\"");
    assertThat(first.getEncoding()).isEqualTo("enc\u0001😀");
    assertThat(first.getBytes().toByteArray()).isEqualTo(payload);
    assertThat(TestQueue.payloads(leased).subList(1, 3)).containsExactly("é😀", "");
    for (StorageItem item : stored) {
      Instant createdAt = Times.instant(item.getCreatedAt());
      assertThat(createdAt).isBetween(before, after.plusMillis(50));
      assertThat(Times.instant(item.getExpireDeadline()))
          .isEqualTo(createdAt.plus(Duration.ofHours(24)));
      assertThat(item.getAttempts()).isZero();
      assertThat(item.getIsLeased()).isFalse();
      assertThat(item.getLeaseDeadline()).isEqualTo(Times.ZERO);
      assertThat(item.hasEnqueueAt() || item.hasUpdatedAt() || item.hasDeadDeadline()).isFalse();
    }
  }

  @Test
  void writesTheZeroTimeOfAnUnleasedItem() {
    TestQueue queue = server.queue();
    queue.produce("a");

    Answer answer =
        api.send(Call.STORAGE_ITEMS_LIST, queue.listRequest(), Encoding.JSON, Encoding.JSON.type());

    assertThat(answer.text())
        .contains("\"lease_deadline\":\"0001-01-01T00:00:00Z\"")
        .doesNotContain("is_leased", "attempts");
  }

  @Test
  void leasesTheOldestFirstAndNoMoreThanWanted() {
    TestQueue queue = server.queue();
    queue.produce(numbered(10));
    Instant before = Instant.now();

    QueueLeaseResponse first = queue.lease(3);
    QueueLeaseResponse rest = queue.lease(1000);
    Instant after = Instant.now();

    assertThat(TestQueue.payloads(first)).containsExactly("0", "1", "2");
    assertThat(TestQueue.payloads(rest)).containsExactly("3", "4", "5", "6", "7", "8", "9");
    List<String> ids = new ArrayList<>(TestQueue.ids(first));
    ids.addAll(TestQueue.ids(rest));
    assertThat(ids).isSorted().doesNotHaveDuplicates().allMatch(id -> id.length() == 27);
    assertThat(rest.getItemsList())
        .allSatisfy(item -> {
          assertThat(item.getAttempts()).isEqualTo(1);
          assertThat(Times.instant(item.getLeaseDeadline()))
              .isBetween(before.plus(Duration.ofMinutes(1)), after.plus(Duration.ofMinutes(1)));
        });
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void givesConsecutiveProducesToThePartitionsInTurn() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(5));

    for (int i = 0; i < 5; i++) {
      queue.produce(i + "a", i + "b");
    }

    for (int i = 0; i < 5; i++) {
      List<StorageItem> items = queue.items(queue.listRequest().setPartition(i));
      assertThat(TestQueue.payloads(items)).containsExactly(i + "a", i + "b");
    }
  }

  @Test
  void producesWhereTheFewestAndLeasesWhereTheMostWait() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    queue.imported(0, 4);
    queue.imported(1, 2);
    queue.imported(2, 5);

    queue.produce("fewest");
    QueueLeaseResponse most = queue.lease(1000);

    assertThat(queue.stats(1).getTotal()).isEqualTo(3);
    assertThat(most.getPartition()).isEqualTo(2);
    assertThat(most.getItemsList()).hasSize(5);
    assertThat(queue.lease(1000).getPartition()).isEqualTo(0);
    assertThat(queue.lease(1000).getPartition()).isEqualTo(1);
  }

  /// Also if another partition has just been busy.
  @Test
  void leasesWhereTheMostWaitRightAfterARetry() {
    for (int round = 0; round < 5; round++) {
      TestQueue queue = server.queue(info -> info.setRequestedPartitions(6));
      for (int i = 0; i < 6; i++) {
        queue.produce("a", "b", "c");
      }

      Set<Integer> partitions = new TreeSet<>();
      for (int i = 0; i < 6; i++) {
        QueueLeaseResponse leased = queue.lease(2);
        partitions.add(leased.getPartition());
        queue.retry(leased.getPartition(), TestQueue.ids(leased).subList(0, 1));
      }

      assertThat(partitions).hasSize(6);
    }
  }

  @Test
  void starvesNoPartition() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    queue.imported(1, 1);
    queue.imported(0, 100);

    Set<Integer> partitions = new TreeSet<>();
    for (int i = 0; i < 16; i++) {
      partitions.add(queue.lease(1).getPartition());
    }

    assertThat(partitions).containsExactly(0, 1);
  }

  @Test
  void leasesNoMoreThan16MebibytesButAtLeastOneItem() {
    TestQueue large = server.queue();
    TestQueue queue = server.queue();

    large.imported(mebibytes(17), mebibytes(1));
    queue.imported(mebibytes(9), mebibytes(6), mebibytes(1), mebibytes(1));

    assertThat(large.lease(10).getItemsCount()).isEqualTo(1);
    assertThat(queue.lease(10).getItemsCount()).isEqualTo(3);
    assertThat(queue.lease(10).getItemsCount()).isEqualTo(1);
  }

  private static StorageItem.Builder mebibytes(int count) {
    return StorageItem.newBuilder().setPayload(ByteString.copyFrom(new byte[count << 20]));
  }

  @Test
  void leasesFromOnePartitionAtATime() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(4));
    for (int i = 0; i < 4; i++) {
      queue.produce(numbered(5));
    }

    for (int i = 0; i < 4; i++) {
      assertThat(TestQueue.payloads(queue.lease(1000))).containsExactly(numbered(5));
    }
  }

  // Waiting

  @Test
  void dealsOneAtATimeRoundRobin() {
    TestQueue queue = server.queue();
    var twenty = queue.leaseWaiting(20);
    var six = queue.leaseWaiting(6);
    var one = queue.leaseWaiting(1);

    queue.produce(numbered(23));

    assertThat(TestQueue.payloads(twenty.join())).hasSize(16).startsWith("0", "3", "5", "7", "9");
    assertThat(TestQueue.payloads(six.join())).containsExactly("1", "4", "6", "8", "10", "12");
    assertThat(TestQueue.payloads(one.join())).containsExactly("2");
    assertThat(queue.stats(0).getTotalLeased()).isEqualTo(23);
  }

  @Test
  void answersAtOnceWithWhatIsThere() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");

    QueueLeaseResponse leased = api.ok(Call.QUEUE_LEASE, queue.leaseRequest(1000, "15m"));

    assertThat(leased.getItemsList()).hasSize(2);
  }

  @Test
  void waitsForTheTimeThatTheRequestSays() {
    TestQueue queue = server.queue();
    Instant start = Instant.now();

    Reply reply = api.refused(Call.QUEUE_LEASE, queue.leaseRequest(1, "300ms"));

    assertThat(Duration.between(start, Instant.now()))
        .isBetween(Duration.ofMillis(300), Duration.ofSeconds(5));
    assertThat(reply.getCode()).isEqualTo(454);
    assertThat(reply.getMessage())
        .isEqualTo("request timeout; no items are in the queue, try again");
    assertThat(reply.getDetailsMap()).containsOnlyKeys("outcome").containsValue("not-executed");
    assertThat(queue.stats().getLeaseWaiting()).isZero();
  }

  @Test
  void isWokenByProduce() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    var waiting = queue.leaseWaiting(1);

    queue.produce("a");

    assertThat(TestQueue.payloads(waiting.join())).containsExactly("a");
  }

  @Test
  void isWokenByADueSchedule() {
    TestQueue queue = server.queue();
    Instant dueAt = Instant.now().plusMillis(1500);
    queue.produce(TestQueue.item("a").toBuilder().setEnqueueAt(Times.of(dueAt)).build());

    var waiting = queue.leaseWaiting(1);

    assertThat(TestQueue.payloads(waiting.join())).containsExactly("a");
    assertThat(Instant.now()).isBetween(dueAt.minusMillis(2), dueAt.plusSeconds(3));
  }

  @Test
  void isWokenByRetry() {
    TestQueue queue = server.queue();
    queue.produce("a");
    String id = queue.leaseOne().getId();
    var waiting = queue.leaseWaiting(1);

    queue.retry(TestQueue.retried(id));

    assertThat(waiting.join().getItems(0).getAttempts()).isEqualTo(2);
  }

  @Test
  void isWokenByALeaseThatExpires() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("500ms"));
    queue.produce("a");
    queue.leaseOne();

    var waiting = queue.leaseWaiting(1);

    assertThat(waiting.join().getItems(0).getAttempts()).isEqualTo(2);
  }

  @Test
  void isWokenByImport() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    var waiting = queue.leaseWaiting(5);

    queue.imported(1, 3);

    assertThat(waiting.join().getItemsList()).hasSize(3);
  }

  @Test
  void isWokenByADeadItem() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.produce("a");
    String id = queue.leaseOne().getId();
    var waiting = dead.leaseWaiting(1);

    queue.retry(TestQueue.retried(id).setDead(true));

    assertThat(TestQueue.payloads(waiting.join())).containsExactly("a");
  }

  @Test
  void isWokenByAnotherPartition() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(20));
    List<CompletableFuture<QueueLeaseResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      waiting.add(queue.leaseWaiting(1));
    }

    for (int i = 0; i < 20; i++) {
      queue.imported(i, 1);
    }

    assertThat(waiting.stream().map(CompletableFuture::join))
        .allMatch(leased -> leased.getItemsCount() == 1)
        .extracting(QueueLeaseResponse::getPartition)
        .doesNotHaveDuplicates();
  }

  @Test
  void isToldThatTheQueueIsDeleted() {
    TestQueue queue = server.queue();
    CompletableFuture<Answer> waiting = queue.leaseLater(1);
    queue.awaitWaiting(1);

    queue.delete();

    Reply reply = waiting.join().reply();
    assertThat(reply.getCode()).isEqualTo(453);
    assertThat(reply.getMessage()).isEqualTo("queue is shutting down");
    assertThat(reply.getDetailsMap()).isEmpty();
  }

  // Clients

  @Test
  void letsAClientWaitOnceInAQueue() {
    TestQueue queue = server.queue();
    TestQueue other = server.queue();
    QueueLeaseRequest.Builder request = queue.leaseRequest(1, "1m");
    CompletableFuture<Answer> first = api.later(Call.QUEUE_LEASE, request);
    queue.awaitWaiting(1);

    Reply second = api.refused(Call.QUEUE_LEASE, request);
    other.produce("a");
    Answer elsewhere = api.send(Call.QUEUE_LEASE, request.clone().setQueueName(other.name()));
    queue.produce("a", "b");

    assertThat(second.getCode()).isEqualTo(400);
    assertThat(second.getMessage())
        .isEqualTo(
            "duplicate client id; a client cannot make multiple leased requests to the same queue");
    assertThat(elsewhere.status()).isEqualTo(200);
    assertThat(first.join().status()).isEqualTo(200);
    assertThat(api.send(Call.QUEUE_LEASE, request).status()).isEqualTo(200);
  }

  @Test
  void givesNothingToAClientThatHasGone() {
    TestQueue queue = server.queue();
    QueueLeaseRequest.Builder request = queue.leaseRequest(1, "1m");
    for (int i = 0; i < 20; i++) {
      CompletableFuture<Answer> gone = api.later(Call.QUEUE_LEASE, request);
      queue.awaitWaiting(1);

      gone.cancel(true);

      queue.awaitWaiting(0);
      queue.produce("a");
      QueueLeaseResponse leased = api.ok(Call.QUEUE_LEASE, request);
      assertThat(leased.getItems(0).getAttempts()).isEqualTo(1);
      queue.complete(leased);
    }
  }

  /// Whoever goes while items come: each item is leased by one of those who stay, or is there.
  @Test
  void losesNothingToClientsThatGoWhileItemsCome() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("2s"));
    List<CompletableFuture<Answer>> calls = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      calls.add(queue.leaseLater(1));
    }
    queue.awaitWaiting(40);

    for (int i = 0; i < 40; i += 2) {
      calls.get(i).cancel(true);
      queue.produce("item " + i);
    }

    Set<String> leased = new TreeSet<>();
    for (int i = 1; i < 40; i += 2) {
      Answer answer = calls.get(i).join();
      leased.addAll(TestQueue.payloads(answer.as(QueueLeaseResponse.getDefaultInstance())));
    }
    // what was dealt just before its client went comes again after its lease
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> {
          if (leased.size() < 20) {
            leased.addAll(TestQueue.payloads(queue.lease(10)));
          }
          return leased.size() == 20;
        });
  }

  @Test
  void servesTheClientOfThisProject() {
    TestQueue queue = server.queue();
    try (QueratorClient client = server.client()) {
      client.produce(queue.produceRequest("a", "b").clearRequestTimeout().build());
      QueueLeaseResponse leased = client.lease(queue.leaseRequest(10, "1m").build());
      client.complete(
          io.querator.client.message.QueueCompleteRequest.newBuilder()
              .setQueueName(queue.name())
              .addAllIds(TestQueue.ids(leased))
              .build());

      assertThat(TestQueue.payloads(leased)).containsExactly("a", "b");
      assertThat(client.lease(queue.leaseRequest(1, "20ms").build()).getItemsList()).isEmpty();
      assertThat(client.health()).contains("\"pass\"");
    }
  }

  // The front page

  @Test
  void takesTheRequestOfTheFrontPage() {
    TestQueue queue = server.queue();
    String request =
        """
        {"queue_name": "%s","items": [{"kind": "welcome-email","reference": "user-123","utf8": "{\\"email\\": \\"user@example.com\\"}"}]}\
        """
            .formatted(queue.name());
    String path = Call.QUEUE_PRODUCE.path();

    Answer curl = api.json(path, request, "Content-Type", "application/json", "Accept", "*/*");
    Answer silent = api.json(path, request, "Content-Type", "application/json");

    assertThat(curl.text()).isEqualTo("{\"code\":200}");
    assertThat(silent.reply().getMessage())
        .isEqualTo("request timeout is required; '5m' is recommended, 15m is the maximum");
    QueueLeaseItem item = queue.leaseOne();
    assertThat(item.getBytes().toStringUtf8()).isEqualTo("{\"email\": \"user@example.com\"}");
    assertThat(item.getKind()).isEqualTo("welcome-email");
    assertThat(item.getReference()).isEqualTo("user-123");
  }
}

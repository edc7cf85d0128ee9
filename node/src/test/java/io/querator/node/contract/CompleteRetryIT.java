package io.querator.node.contract;

import static io.querator.node.contract.TestQueue.retried;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.client.Call;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Section 6 of the contract: complete and retry.
@ExtendWith(SharedServer.class)
class CompleteRetryIT {
  private final TestServer server;

  CompleteRetryIT(TestServer server) {
    this.server = server;
  }

  // Complete

  @Test
  void completesLeasedItems() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c");
    QueueLeaseResponse leased = queue.lease(2);

    Answer answer = queue.complete(0, TestQueue.ids(leased));

    assertThat(answer.reply()).isEqualTo(Reply.newBuilder().setCode(200).build());
    assertThat(TestQueue.payloads(queue.items())).containsExactly("c");
    assertThat(queue.stats(0).getTotal()).isEqualTo(1);
    assertThat(queue.stats(0).getTotalLeased()).isZero();
  }

  @Test
  void completesAllOrNothing() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c");
    QueueLeaseResponse leased = queue.lease(2);
    List<String> good = TestQueue.ids(leased);
    String queued = queue.items().getLast().getId();

    for (String bad : List.of(queued, Contract.FOREIGN_ID, "malformed", "")) {
      Reply refused = queue.complete(0, List.of(good.get(0), bad, good.get(1))).reply();

      assertThat(refused.getCode()).isEqualTo(400);
      assertThat(refused.getDetailsMap()).containsOnlyKeys("ids").containsEntry("ids", bad);
      assertThat(queue.stats(0).getTotalLeased()).isEqualTo(2);
    }
    assertThat(queue.complete(0, good).status()).isEqualTo(200);
  }

  @Test
  void listsAllIdsThatItRefuses() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    String leased = queue.leaseOne().getId();
    String queued = queue.items().getLast().getId();
    List<String> bad = List.of("x", queued, "y", Contract.FOREIGN_ID);
    List<String> ids = List.of(bad.get(0), leased, bad.get(1), bad.get(2), bad.get(3), bad.get(1));

    Reply completed = queue.complete(0, ids).reply();
    Reply retried = queue.retry(ids.stream().map(TestQueue::retried).toList()).reply();
    Reply wellFormed = queue.complete(0, List.of(leased, Contract.FOREIGN_ID, queued)).reply();

    assertThat(completed.getMessage())
        .isEqualTo("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters");
    assertThat(completed.getDetailsOrThrow("ids")).isEqualTo(String.join(",", bad));
    assertThat(retried).isEqualTo(completed);
    assertThat(wellFormed.getMessage())
        .isEqualTo("invalid storage id; '" + Contract.FOREIGN_ID + "' does not exist");
    assertThat(wellFormed.getDetailsOrThrow("ids")).isEqualTo(Contract.FOREIGN_ID + "," + queued);
  }

  @Test
  void takesARepeatedIdForOne() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    List<String> ids = TestQueue.ids(queue.lease(2));

    Answer answer = queue.complete(0, List.of(ids.get(0), ids.get(1), ids.get(0), ids.get(0)));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(queue.total()).isZero();
  }

  @Test
  void refusesASecondComplete() {
    TestQueue queue = server.queue();
    queue.produce("a");
    String id = queue.leaseOne().getId();
    queue.complete(id);

    assertThat(queue.complete(id).reply().getMessage())
        .isEqualTo("invalid storage id; '" + id + "' does not exist");
  }

  @Test
  void looksInOnePartitionOnly() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
    queue.produce("a");
    String id = queue.leaseOne().getId();

    Answer elsewhere = queue.complete(1, List.of(id));
    Answer here = queue.complete(0, List.of(id));

    assertThat(elsewhere.reply().getMessage())
        .isEqualTo("invalid storage id; '" + id + "' does not exist");
    assertThat(here.status()).isEqualTo(200);
  }

  @Test
  void completesAThousandIds() {
    TestQueue queue = server.queue();
    queue.imported(0, 1000);

    queue.complete(queue.lease(1000));

    assertThat(queue.total()).isZero();
  }

  @Test
  void takesTheLongestTimeout() {
    TestQueue queue = server.queue();
    queue.produce("a");

    Answer answer =
        server
            .api()
            .send(
                Call.QUEUE_COMPLETE,
                QueueCompleteRequest.newBuilder()
                    .setQueueName(queue.name())
                    .setRequestTimeout("15m")
                    .addIds(queue.leaseOne().getId()));

    assertThat(answer.status()).isEqualTo(200);
  }

  // Retry

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1_000_000, -1, 0, 50})
  void retriesAtOnce(long millis) {
    TestQueue queue = server.queue(info -> info.setMaxAttempts(1));
    queue.produce("a", "b", "c");
    List<String> ids = TestQueue.ids(queue.lease(2));
    var second = retried(ids.get(1));
    if (millis != Long.MIN_VALUE) {
      second.setRetryAt(Times.in(Duration.ofMillis(millis)));
    }

    Answer answer = queue.retry(second);

    assertThat(answer.reply()).isEqualTo(Reply.newBuilder().setCode(200).build());
    List<StorageItem> items = queue.items();
    assertThat(TestQueue.payloads(items)).containsExactly("a", "c", "b");
    assertThat(items.getLast().getAttempts()).isEqualTo(1);
    assertThat(items.getLast().getIsLeased()).isFalse();
    assertThat(items.getLast().getLeaseDeadline()).isEqualTo(Times.ZERO);
    assertThat(items.getLast().getId()).isNotIn(ids).isGreaterThan(items.get(1).getId());
    assertThat(queue.lease(10).getItems(1).getAttempts()).isEqualTo(2);
    assertThat(queue.complete(ids.get(1)).reply().getMessage()).endsWith("does not exist");
  }

  @Test
  void retriesLater() {
    TestQueue queue = server.queue();
    queue.produce("a");
    StorageItem before = queue.items().getFirst();
    Instant retryAt = Instant.now().plusMillis(800);
    queue.retry(retried(queue.leaseOne().getId()).setRetryAt(Times.of(retryAt)));

    StorageItem scheduled = queue.scheduled().getFirst();
    Answer completed = queue.complete(scheduled.getId());
    QueueLeaseItem again = queue.leaseOne();

    assertThat(Instant.now()).isAfter(retryAt.minusMillis(5));
    assertThat(scheduled.getAttempts()).isEqualTo(1);
    assertThat(scheduled.getExpireDeadline()).isEqualTo(before.getExpireDeadline());
    assertThat(scheduled.getCreatedAt()).isEqualTo(before.getCreatedAt());
    assertThat(Duration.between(retryAt, Times.instant(scheduled.getEnqueueAt())).abs())
        .isLessThan(Duration.ofNanos(1001));
    assertThat(completed.reply().getMessage())
        .isEqualTo("invalid storage id; '" + scheduled.getId() + "' does not exist");
    assertThat(again.getAttempts()).isEqualTo(2);
    assertThat(again.getId()).isNotEqualTo(scheduled.getId());
  }

  @Test
  void doesNotLookAtTheMaximumOfAttempts() {
    TestQueue queue = server.queue(info -> info.setMaxAttempts(1));
    queue.produce("a");

    for (int attempts = 1; attempts <= 5; attempts++) {
      QueueLeaseItem item = queue.leaseOne();
      assertThat(item.getAttempts()).isEqualTo(attempts);
      assertThat(queue.retry(retried(item.getId())).status()).isEqualTo(200);
    }
  }

  @Test
  void movesToTheDeadQueue() {
    TestQueue dead = server.queue(info -> info.setRequestedPartitions(3));
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.produce("a");
    String id = queue.leaseOne().getId();

    Answer answer =
        queue.retry(retried(id).setDead(true).setRetryAt(Times.in(Duration.ofHours(1))));

    assertThat(answer.status()).isEqualTo(200);
    QueueLeaseItem item = dead.leaseOne();
    assertThat(item.getBytes().toStringUtf8()).isEqualTo("a");
    assertThat(dead.items().getFirst().getSourceId()).isEqualTo(id);
    assertThat(queue.items()).isEmpty();
    assertThat(queue.scheduled()).isEmpty();
  }

  @Test
  void deletesDeadItemsWhereThereIsNoDeadQueue() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    List<String> ids = TestQueue.ids(queue.lease(2));

    queue.retry(retried(ids.get(0)).setDead(true));

    assertThat(TestQueue.payloads(queue.items())).containsExactly("b");
    assertThat(queue.scheduled()).isEmpty();
  }

  @Test
  void retriesEachAsItIsTold() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.produce("now", "later", "dead", "kept");
    List<String> ids = TestQueue.ids(queue.lease(4));

    queue.retry(
        retried(ids.get(0)),
        retried(ids.get(1)).setRetryAt(Times.in(Duration.ofHours(1))),
        retried(ids.get(2)).setDead(true));

    assertThat(TestQueue.payloads(queue.items())).containsExactly("kept", "now");
    assertThat(TestQueue.payloads(queue.scheduled())).contains("later");
    assertThat(TestQueue.payloads(dead.lease(1))).containsExactly("dead");
  }

  @Test
  void retriesAllOrNothing() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c");
    List<String> ids = TestQueue.ids(queue.lease(2));
    String queued = queue.items().getLast().getId();

    Answer answer =
        queue.retry(retried(ids.get(0)), retried(queued), retried(ids.get(1)).setDead(true));

    assertThat(answer.reply().getMessage())
        .isEqualTo("item(s) cannot be retried; '" + queued + "' is not marked as leased");
    assertThat(answer.reply().getDetailsMap()).containsOnlyKeys("ids").containsValue(queued);
    assertThat(queue.complete(0, ids).status()).isEqualTo(200);
  }

  @Test
  void keepsTheOrderOfARetry() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c");
    List<String> ids = TestQueue.ids(queue.lease(3));

    queue.retry(retried(ids.get(2)), retried(ids.get(0)), retried(ids.get(1)));

    assertThat(TestQueue.payloads(queue.lease(3))).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void refusesATimeThatOnlyProtobufCanWrite() {
    TestQueue queue = server.queue();
    queue.produce("a");
    QueueLeaseItem item = queue.leaseOne();
    var request =
        io.querator.client.message.QueueRetryRequest.newBuilder()
            .setQueueName(queue.name())
            .addItems(
                retried(item.getId())
                    .setRetryAt(com.google.protobuf.Timestamp.newBuilder().setNanos(-1)));

    Answer answer = server.api().send(Call.QUEUE_RETRY, request, Encoding.PROTOBUF, "*/*");

    assertThat(answer.reply().getMessage())
        .isEqualTo("retry_at is invalid; not within the years 1 to 9999");
    assertThat(queue.stats(0).getTotalLeased()).isEqualTo(1);
  }
}

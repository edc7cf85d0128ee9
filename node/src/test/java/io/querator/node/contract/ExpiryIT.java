package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.StorageItem;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 6 of the contract: leases and items that run out.
@ExtendWith(SharedServer.class)
class ExpiryIT {
  /// Between the clocks of the test and of the server.
  private static final Duration TOLERANCE = Duration.ofMillis(5);

  private final TestServer server;

  ExpiryIT(TestServer server) {
    this.server = server;
  }

  @Test
  void letsALeaseExpireNoSoonerThan25MillisecondsAfterItsDeadline() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("300ms"));
    queue.produce("a");
    Instant deadline = Times.instant(queue.leaseOne().getLeaseDeadline());

    for (int i = 0; i < 5; i++) {
      QueueLeaseItem again = queue.leaseOne();

      assertThat(Instant.now())
          .isBetween(deadline.plusMillis(25).minus(TOLERANCE), deadline.plusSeconds(2));
      assertThat(again.getAttempts()).isEqualTo(i + 2);
      deadline = Times.instant(again.getLeaseDeadline());
    }
  }

  @Test
  void takesACompleteUntilTheLeaseHasExpired() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("300ms"));
    int completed = 0;
    for (int i = 0; i < 5; i++) {
      queue.produce("a");
      QueueLeaseItem item = queue.leaseOne();
      Instant deadline = Times.instant(item.getLeaseDeadline());
      await().pollInterval(Duration.ofMillis(1)).until(() -> Instant.now().isAfter(deadline));

      Answer answer = queue.complete(item.getId());
      boolean inTime = Instant.now().isBefore(deadline.plusMillis(20));

      assertThat(answer.ok() || !inTime).as(answer.toString()).isTrue();
      completed += answer.ok() ? 1 : 0;
      if (!answer.ok()) {
        queue.complete(queue.lease(1));
      }
    }
    assertThat(completed).as("the machine is too slow for this test").isPositive();
  }

  @Test
  void givesExpiredItemsNewIdsAtTheTailInTheirOrder() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("500ms"));
    queue.produce("a", "b", "c");
    QueueLeaseResponse expired = queue.lease(3);
    queue.produce("d");

    await().until(() -> queue.stats(0).getTotalLeased() == 0);

    assertThat(TestQueue.payloads(queue.items())).containsExactly("d", "a", "b", "c");
    QueueLeaseResponse again = queue.lease(10);
    assertThat(TestQueue.ids(again)).doesNotContainAnyElementsOf(TestQueue.ids(expired)).isSorted();
    assertThat(again.getItemsList())
        .extracting(QueueLeaseItem::getAttempts)
        .containsExactly(1, 2, 2, 2);
    String late = expired.getItems(0).getId();
    assertThat(queue.complete(late).reply().getMessage())
        .isEqualTo("invalid storage id; '" + late + "' does not exist");
    assertThat(queue.retry(TestQueue.retried(late)).reply().getMessage())
        .isEqualTo("invalid storage id; '" + late + "' does not exist");
  }

  @Test
  void movesItemsWithoutAttemptsLeftToTheDeadQueue() {
    TestQueue dead = server.queue(info -> info.setExpireTimeout("2h").setLeaseTimeout("1m"));
    TestQueue queue =
        server.queue(
            info -> info.setLeaseTimeout("100ms").setMaxAttempts(2).setDeadQueue(dead.name()));
    queue.produce("a");
    queue.leaseOne();
    String second = queue.leaseOne().getId();
    Instant before = Instant.now();

    await().until(() -> dead.total() == 1);

    StorageItem item = dead.items().getFirst();
    assertThat(item.getSourceId()).isEqualTo(second);
    assertThat(item.getId()).isNotEqualTo(second);
    assertThat(item.getAttempts()).isZero();
    assertThat(item.getPayload().toStringUtf8()).isEqualTo("a");
    assertThat(Times.instant(item.getCreatedAt())).isAfter(before);
    assertThat(Times.instant(item.getExpireDeadline()))
        .isEqualTo(Times.instant(item.getCreatedAt()).plus(Duration.ofHours(2)));
    await().until(() -> queue.total() == 0);
  }

  @Test
  void deletesItemsWithoutAttemptsLeftWhereThereIsNoDeadQueue() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("100ms").setMaxAttempts(1));
    queue.produce("a", "b");
    queue.lease(2);

    await().until(() -> queue.total() == 0);

    assertThat(queue.items()).isEmpty();
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void readsTheMaximumOfAttemptsWhenTheLeaseExpires() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("1s").setMaxAttempts(5));
    queue.produce("a");
    queue.leaseOne();

    queue.update(info -> info.setMaxAttempts(1).setDeadQueue(dead.name()));

    await().until(() -> dead.total() == 1);
    assertThat(queue.total()).isZero();
  }

  @Test
  void cutsOffNoLeaseThatHasNotExpired() {
    TestQueue queue = server.queue();
    queue.produce("a", "b");
    QueueLeaseItem leased = queue.leaseOne();

    queue.update(info -> info.setLeaseTimeout("1ms").setExpireTimeout("1ms").setMaxAttempts(1));
    server
        .api()
        .ok(
            Call.QUEUE_RELOAD,
            io.querator.client.message.QueueReloadRequest.newBuilder().setQueueName(queue.name()));
    server
        .api()
        .ok(
            Call.QUEUE_CLEAR,
            io.querator.client.message.QueueClearRequest.newBuilder()
                .setQueueName(queue.name())
                .setQueue(true)
                .setScheduled(true));

    StorageItem kept = queue.items().getFirst();
    assertThat(kept.getId()).isEqualTo(leased.getId());
    assertThat(kept.getLeaseDeadline()).isEqualTo(leased.getLeaseDeadline());
    assertThat(queue.complete(leased.getId()).status()).isEqualTo(200);
  }

  // Items

  @Test
  void movesExpiredItemsToTheDeadQueue() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(info ->
            info.setLeaseTimeout("10ms").setExpireTimeout("300ms").setDeadQueue(dead.name()));
    queue.produce("a", "b");
    List<String> ids = queue.items().stream().map(StorageItem::getId).toList();

    await().until(() -> dead.total() == 2 && queue.total() == 0);

    assertThat(dead.items()).extracting(StorageItem::getSourceId).containsExactlyElementsOf(ids);
    assertThat(TestQueue.payloads(dead.items())).containsExactly("a", "b");
  }

  @Test
  void deletesExpiredItemsWhereThereIsNoDeadQueue() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("10ms").setExpireTimeout("200ms"));
    queue.produce("a", "b");

    await().until(() -> queue.total() == 0);

    assertThat(queue.items()).isEmpty();
  }

  @Test
  void leasesNothingThatHasExpired() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("10ms").setExpireTimeout("50ms"));
    for (int i = 0; i < 20; i++) {
      queue.produce("a", "b", "c");
      Answer answer = server.api().send(Call.QUEUE_LEASE, queue.leaseRequest(1, "100ms"));

      if (answer.ok()) {
        QueueLeaseItem item = answer.as(QueueLeaseResponse.getDefaultInstance()).getItems(0);
        Instant leasedAt = Times.instant(item.getLeaseDeadline()).minusMillis(10);
        assertThat(queue.items())
            .filteredOn(listed -> listed.getId().equals(item.getId()))
            .allSatisfy(
                listed -> assertThat(Times.instant(listed.getExpireDeadline())).isAfter(leasedAt));
      }
      await().until(() -> queue.total() == 0);
    }
  }

  @Test
  void expiresNoItemUnderALiveLease() {
    TestQueue queue =
        server.queue(info -> info.setLeaseTimeout("1500ms").setExpireTimeout("1500ms"));
    queue.produce("a");
    Instant expires = Times.instant(queue.items().getFirst().getExpireDeadline());
    QueueLeaseItem item = queue.leaseOne();
    Instant leasedUntil = Times.instant(item.getLeaseDeadline());
    assertThat(leasedUntil).isAfter(expires);

    await().pollInterval(Duration.ofMillis(1)).until(() -> Instant.now().isAfter(expires));
    boolean there = queue.items().size() == 1;
    boolean inTime = Instant.now().isBefore(leasedUntil);
    await().until(() -> queue.total() == 0);

    assertThat(there || !inTime).isTrue();
    assertThat(Instant.now()).isAfter(leasedUntil);
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void expiresNoItemWhileItIsScheduled() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("200ms").setExpireTimeout("200ms"));
    queue.produce("a");
    QueueLeaseItem item = queue.leaseOne();
    Instant retryAt = Instant.now().plusMillis(1000);
    queue.retry(TestQueue.retried(item.getId()).setRetryAt(Times.of(retryAt)));

    StorageItem scheduled = queue.scheduled().getFirst();

    assertThat(Times.instant(scheduled.getEnqueueAt()))
        .isAfter(Times.instant(scheduled.getExpireDeadline()));
    await().during(Duration.ofMillis(300)).until(() -> queue.scheduled().size() == 1);
    await().until(() -> queue.scheduled().isEmpty());
    assertThat(Instant.now()).isAfter(retryAt.minus(TOLERANCE));
  }

  @Test
  void countsTheExpiryOfAScheduledItemFromItsTime() {
    TestQueue queue = server.queue();
    queue.produce(Times.scheduled(TestQueue.item("a"), Duration.ofHours(100)));

    StorageItem item = queue.scheduled().getFirst();

    assertThat(Times.instant(item.getExpireDeadline()))
        .isEqualTo(Times.instant(item.getEnqueueAt()).plus(Duration.ofHours(24)));
  }
}

package io.querator.node.service;

import static io.querator.node.service.TestService.payload;
import static io.querator.node.service.TestService.with;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Retry;
import io.querator.queue.Command.RetryItem;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.Outcome.Done;
import io.querator.queue.PartitionStats;
import io.querator.storage.ItemHead;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DeadQueueTest {
  private final TestService service = new TestService().started();

  @BeforeEach
  void makeQueues() {
    service.create("dead", TestService.partitions(2));
    service.create("source", with(TestService.DEFINITION, "dead", 2));
  }

  @AfterEach
  void close() {
    service.close();
  }

  private void bury(String payload) {
    ServedQueue source = service.find("source");
    service.produce(source, payload);
    LeaseAnswer.Leased leased = service.lease(source, 1);
    PartitionSlot slot = source.partitions().get(leased.partition());
    Retry retry =
        new Retry(List.of(new RetryItem(leased.items().getFirst().id(), ItemHead.READY, true)));
    assertThat(source.retry(slot, retry, service.soon())).isEqualTo(new Done<>(List.of()));
  }

  private long waitingForDeadQueue() {
    return service.find("source").partitions().stream()
        .mapToLong(slot -> {
          PartitionStats stats = slot.stats();
          return stats == null ? -1 : stats.scheduled();
        })
        .sum();
  }

  @Test
  void takesDeadItemsOfAnotherQueueInItsFirstPartition() {
    bury("a");
    bury("b");

    for (int i = 0; i < 2; i++) {
      LeaseAnswer.Leased leased = service.lease(service.find("dead"), 1);
      assertThat(leased.partition()).isZero();
      assertThat(leased.items().getFirst().attempts()).isEqualTo(1);
      assertThat(payload(leased.items().getFirst())).isIn("a", "b");
    }
    Awaitility.await().until(() -> waitingForDeadQueue() == 0);
  }

  @Test
  void keepsDeadItemsUntilTheDeadQueueIsMadeAgain() {
    service.node.definitions().delete("dead", false, service.soon());
    bury("a");
    Awaitility.await().until(() -> waitingForDeadQueue() == 1);

    service.create("dead", TestService.partitions(1));

    assertThat(payload(service.lease(service.find("dead"), 1).items().getFirst())).isEqualTo("a");
    Awaitility.await().until(() -> waitingForDeadQueue() == 0);
  }

  @Test
  void sendsDeadItemsToAnotherQueueWhenThatIsChanged() {
    service.node.definitions().delete("dead", false, service.soon());
    bury("a");
    Awaitility.await().until(() -> waitingForDeadQueue() == 1);
    service.create("other", TestService.partitions(1));

    service.node.definitions().update("source", before -> with(before, "other", 2), service.soon());

    assertThat(payload(service.lease(service.find("other"), 1).items().getFirst())).isEqualTo("a");
  }

  @Test
  void dropsDeadItemsWhenThereIsNoDeadQueueAnyMore() {
    service.node.definitions().delete("dead", false, service.soon());
    bury("a");
    Awaitility.await().until(() -> waitingForDeadQueue() == 1);

    service.node.definitions().update("source", before -> with(before, "", 2), service.soon());

    Awaitility.await().until(() -> waitingForDeadQueue() == 0);
  }
}

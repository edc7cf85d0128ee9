package io.querator.node.contract;

import static io.querator.node.contract.TestQueue.retried;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.StorageItem;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 6 and 7 of the contract: the way to the dead queue.
@ExtendWith(SharedServer.class)
class DeadLetterIT {
  private final TestServer server;

  DeadLetterIT(TestServer server) {
    this.server = server;
  }

  private static void bury(TestQueue queue, String payload) {
    queue.produce(payload);
    assertThat(queue.retry(retried(queue.leaseOne().getId()).setDead(true)).status())
        .isEqualTo(200);
  }

  @Test
  void keepsFieldsAndPayload() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()).setMaxAttempts(3));
    queue.produce(
        QueueProduceItem.newBuilder()
            .setKind("k")
            .setReference("r")
            .setEncoding("e")
            .setBytes(ByteString.copyFrom(new byte[] {0, 1, -1}))
            .build());
    QueueLeaseItem source = queue.leaseOne();
    queue.retry(retried(source.getId()).setDead(true));

    await().until(() -> dead.total() == 1);

    StorageItem item = dead.items().getFirst();
    assertThat(item.getKind()).isEqualTo("k");
    assertThat(item.getReference()).isEqualTo("r");
    assertThat(item.getEncoding()).isEqualTo("e");
    assertThat(item.getPayload().toByteArray()).containsExactly(0, 1, -1);
    assertThat(item.getSourceId()).isEqualTo(source.getId());
    assertThat(item.getAttempts()).isZero();
    assertThat(dead.leaseOne().getAttempts()).isEqualTo(1);
  }

  /// At any moment it is in one queue or the other.
  @Test
  void isInTheDeadQueueBeforeItIsGoneFromItsSource() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(
            info -> info.setDeadQueue(dead.name()).setLeaseTimeout("100ms").setMaxAttempts(1));
    for (int i = 0; i < 5; i++) {
      String payload = "item " + i;
      queue.produce(payload);
      queue.leaseOne();
      int moved = i + 1;

      await()
          .until(() -> {
            int before = queue.items().size() + queue.scheduled().size();
            int after = dead.items().size();
            assertThat(before + after).isGreaterThanOrEqualTo(moved);
            return after == moved && queue.total() == 0;
          });
    }
  }

  @Test
  void movesManyItems() {
    TestQueue dead = server.queue();
    TestQueue queue =
        server.queue(info ->
            info.setDeadQueue(dead.name())
                .setLeaseTimeout("200ms")
                .setMaxAttempts(1)
                .setRequestedPartitions(4));
    for (int partition = 0; partition < 4; partition++) {
      queue.imported(partition, 500);
    }

    for (int i = 0; i < 4; i++) {
      queue.lease(1000);
    }

    await().until(() -> dead.total() == 2000 && queue.total() == 0);
    assertThat(dead.items()).extracting(StorageItem::getSourceId).doesNotHaveDuplicates();
    assertThat(IntStream.range(0, 4).map(i -> queue.stats(i).getScheduled()).sum()).isZero();
  }

  @Test
  void waitsUntilTheDeadQueueExistsAgain() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    dead.delete();

    bury(queue, "a");
    bury(queue, "b");
    boolean empty = queue.isEmpty();
    dead.create(info -> info);

    await().until(() -> dead.total() == 2);
    assertThat(empty).isTrue();
    assertThat(dead.items())
        .extracting(item -> item.getPayload().toStringUtf8())
        .containsExactly("a", "b");
    await().until(() -> queue.scheduled().isEmpty());
  }

  @Test
  void goesToTheDeadQueueThatIsSetInTheMeantime() {
    TestQueue dead = server.queue();
    TestQueue other = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    dead.delete();
    bury(queue, "a");

    queue.update(info -> info.setDeadQueue(other.name()));

    await().until(() -> other.total() == 1);
    assertThat(queue.total()).isZero();
  }

  @Test
  void isDeletedWhenThereIsNoDeadQueueAnyMore() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    dead.delete();
    bury(queue, "a");

    queue.update(info -> info.setDeadQueue(""));

    await().until(() -> queue.scheduled().isEmpty() && queue.total() == 0);
    assertThat(queue.isEmpty()).isTrue();
  }

  /// A repeated move is recognised by the id in the source, also once its item is gone.
  @Test
  void addsNothingForAnIdThatIsThere() {
    TestQueue dead = server.queue();
    TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()));
    queue.produce("a");
    String id = queue.leaseOne().getId();
    dead.imported(StorageItem.newBuilder().setSourceId(id).setKind("was here"));

    queue.retry(retried(id).setDead(true));
    await().until(() -> queue.total() == 0 && queue.scheduled().isEmpty());

    List<StorageItem> items = dead.items();
    assertThat(items).extracting(StorageItem::getKind).containsExactly("was here");
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import io.querator.client.Call;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsListRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 8 of the contract: list, import and delete what a partition keeps.
@ExtendWith(SharedServer.class)
class StorageCallsIT {
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  private final TestServer server;
  private final ApiClient api;

  StorageCallsIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  private static List<String> ids(List<StorageItem> items) {
    return items.stream().map(StorageItem::getId).toList();
  }

  /// The KSUID before or after one.
  private static String neighbour(String id, int step) {
    char[] text = id.toCharArray();
    for (int i = text.length - 1; i >= 0; i--) {
      int digit = DIGITS.indexOf(text[i]) + step;
      text[i] = DIGITS.charAt(Math.floorMod(digit, DIGITS.length()));
      if (digit >= 0 && digit < DIGITS.length()) {
        break;
      }
    }
    return new String(text);
  }

  // Lists

  @Test
  void listsQueuedAndLeasedItemsById() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c", "d");
    QueueLeaseItem leased = queue.leaseOne();
    queue.produce(Times.later(TestQueue.item("scheduled")));

    List<StorageItem> items = queue.items();

    assertThat(TestQueue.payloads(items)).containsExactly("a", "b", "c", "d");
    assertThat(ids(items)).isSorted();
    assertThat(items.get(0).getIsLeased()).isTrue();
    assertThat(items.get(0).getLeaseDeadline()).isEqualTo(leased.getLeaseDeadline());
    assertThat(items.get(0).getAttempts()).isEqualTo(1);
    assertThat(items.subList(1, 4)).noneMatch(StorageItem::getIsLeased);
    assertThat(items)
        .noneMatch(item -> item.hasEnqueueAt() || item.hasUpdatedAt() || item.hasDeadDeadline());
  }

  @Test
  void listsScheduledItemsById() {
    TestQueue queue = server.queue();
    queue.produce("not this");
    for (int hours : new int[] {5, 3, 4}) {
      queue.produce(Times.scheduled(TestQueue.item("in " + hours), Duration.ofHours(hours)));
    }

    List<StorageItem> items = queue.scheduled();

    assertThat(ids(items)).isSorted();
    assertThat(TestQueue.payloads(items)).containsExactly("in 5", "in 3", "in 4");
    assertThat(items).allMatch(StorageItem::hasEnqueueAt);
    assertThat(items).allMatch(item -> item.getLeaseDeadline().equals(Times.ZERO));
    assertThat(items).noneMatch(item -> item.hasUpdatedAt() || item.hasDeadDeadline());
  }

  @Test
  void startsAtThePivot() {
    TestQueue queue = server.queue();
    queue.produce(IntStream.range(0, 20).mapToObj(Integer::toString).toArray(String[]::new));
    List<String> all = ids(queue.items());

    for (int i = 0; i < all.size(); i++) {
      String id = all.get(i);
      assertThat(ids(from(queue, id))).isEqualTo(all.subList(i, 20));
      assertThat(ids(from(queue, neighbour(id, -1)))).isEqualTo(all.subList(i, 20));
      assertThat(ids(from(queue, neighbour(id, 1)))).isEqualTo(all.subList(i + 1, 20));
    }
    assertThat(ids(from(queue, " "))).isEqualTo(all);
    assertThat(ids(from(queue, "0".repeat(27)))).isEqualTo(all);
    assertThat(from(queue, "aWgEPTl1tmebfsQzFP4bxwgy80V")).isEmpty();
  }

  private static List<StorageItem> from(TestQueue queue, String pivot) {
    return queue.items(queue.listRequest().setPivot(pivot));
  }

  @Test
  void startsAtAForeignPivot() {
    TestQueue queue = server.queue();
    TestQueue other = server.queue();
    for (int i = 0; i < 10; i++) {
      queue.produce("a", "b");
      other.produce("c", "d");
    }
    List<String> mine = ids(queue.items());

    for (String pivot : ids(other.items())) {
      assertThat(ids(from(queue, pivot)))
          .isEqualTo(mine.stream().filter(id -> id.compareTo(pivot) >= 0).toList());
    }
    assertThat(ids(from(queue, Contract.FOREIGN_ID)))
        .isEqualTo(mine.stream().filter(id -> id.compareTo(Contract.FOREIGN_ID) >= 0).toList());
  }

  @Test
  void startsAtAPivotOfItsOwnThatIsGone() {
    TestQueue queue = server.queue();
    queue.produce("a", "b", "c", "d");
    List<String> all = ids(queue.items());
    delete(queue, all.subList(0, 2));

    assertThat(ids(from(queue, all.get(0)))).isEqualTo(all.subList(2, 4));
    assertThat(ids(from(queue, all.get(1)))).isEqualTo(all.subList(2, 4));
  }

  @Test
  void startsAtAPivotAmongScheduledItems() {
    TestQueue queue = server.queue();
    for (int i = 0; i < 6; i++) {
      queue.produce(Times.later(TestQueue.item("scheduled " + i)));
    }
    List<String> all = ids(queue.scheduled());

    for (int i = 0; i < all.size(); i++) {
      String id = all.get(i);
      var request = queue.listRequest().setPivot(neighbour(id, -1)).setLimit(2);
      assertThat(ids(api.ok(Call.STORAGE_SCHEDULED_LIST, request).getItemsList()))
          .isEqualTo(all.subList(i, Math.min(i + 2, 6)));
    }
  }

  @Test
  void givesPages() {
    TestQueue queue = server.queue();
    queue.imported(0, 25);
    List<String> all = ids(queue.items());

    List<String> paged = new ArrayList<>();
    String pivot = "";
    while (true) {
      List<StorageItem> page = queue.items(queue.listRequest().setPivot(pivot).setLimit(8));
      if (page.isEmpty()) {
        break;
      }
      paged.addAll(ids(page));
      pivot = neighbour(page.getLast().getId(), 1);
    }

    assertThat(paged).isEqualTo(all);
    assertThat(queue.items(queue.listRequest().setLimit(-1))).isEmpty();
    assertThat(queue.items(queue.listRequest().setLimit(1))).hasSize(1);
  }

  @Test
  void lists10000ItemsInOneAnswer() {
    TestQueue queue = server.queue();
    StorageItemsImportRequest.Builder request =
        StorageItemsImportRequest.newBuilder().setQueueName(queue.name());
    for (int i = 0; i < 10_000; i++) {
      request.addItems(
          StorageItem.newBuilder()
              .setSourceId("source " + i)
              .setPayload(ByteString.copyFromUtf8("payload " + i)));
    }

    List<StorageItem> imported = api.ok(Call.STORAGE_ITEMS_IMPORT, request).getItemsList();
    for (Encoding encoding : Encoding.values()) {
      Answer all = list(queue, 10_000, encoding);
      List<StorageItem> listed = all.as(Call.STORAGE_ITEMS_LIST.answer()).getItemsList();
      assertThat(ids(listed)).isEqualTo(ids(imported));
      assertThat(listed.getLast().getPayload().toStringUtf8()).isEqualTo("payload 9999");
      assertThat(list(queue, 20_000, encoding).body()).isEqualTo(all.body());
    }
    assertThat(queue.items(StorageItemsListRequest.newBuilder().setQueueName(queue.name())))
        .hasSize(1000);
    assertThat(ids(queue.items(queue.listRequest().setPivot(imported.get(9998).getId()))))
        .isEqualTo(ids(imported.subList(9998, 10_000)));
    assertThat(queue.stats(0).getTotal()).isEqualTo(10_000);
  }

  private Answer list(TestQueue queue, int limit, Encoding encoding) {
    return api.send(
        Call.STORAGE_ITEMS_LIST, queue.listRequest().setLimit(limit), encoding, encoding.type());
  }

  @Test
  void looksIntoThePartitionThatIsNamed() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(3));
    queue.imported(2, 4);

    assertThat(queue.items(queue.listRequest().setPartition(2))).hasSize(4);
    assertThat(queue.items(queue.listRequest().setPartition(1))).isEmpty();
  }

  // Import

  @Test
  void importsWhatItIsGiven() {
    TestQueue queue = server.queue();
    Timestamp expires = Times.in(Duration.ofHours(5));
    StorageItem given =
        StorageItem.newBuilder()
            .setId("ignored")
            .setSourceId("any text, é")
            .setExpireDeadline(expires)
            .setDeadDeadline(expires)
            .setCreatedAt(expires)
            .setUpdatedAt(expires)
            .setEnqueueAt(expires)
            .setAttempts(3)
            .setMaxAttempts(9)
            .setReference("r")
            .setEncoding("e")
            .setKind("k")
            .setPayload(ByteString.copyFromUtf8("p"))
            .build();
    Instant before = Instant.now();

    StorageItem answered = queue.imported(given.toBuilder()).getFirst();
    StorageItem stored = queue.items().getFirst();

    assertThat(queue.scheduled()).isEmpty();
    assertThat(answered.getId()).hasSize(27);
    assertThat(Times.instant(answered.getCreatedAt()))
        .isBetween(before, Instant.now().plusMillis(50));
    assertThat(
            Duration.between(Times.instant(expires), Times.instant(answered.getExpireDeadline()))
                .abs())
        .isLessThan(Duration.ofNanos(1001));
    assertThat(answered.toBuilder().clearId().clearCreatedAt().clearExpireDeadline().build())
        .isEqualTo(
            given.toBuilder()
                .clearId()
                .clearCreatedAt()
                .clearExpireDeadline()
                .clearDeadDeadline()
                .clearUpdatedAt()
                .clearEnqueueAt()
                .build());
    assertThat(stored).isEqualTo(answered.toBuilder().setLeaseDeadline(Times.ZERO).build());
    assertThat(queue.leaseOne().getAttempts()).isEqualTo(4);
  }

  @Test
  void answersLeaseDeadlinesAsGiven() {
    TestQueue queue = server.queue();
    Timestamp future =
        Timestamp.newBuilder().setSeconds(Instant.now().getEpochSecond() + 3600).build();
    Timestamp past = Timestamp.newBuilder().setSeconds(1000).build();

    List<StorageItem> answered =
        queue.imported(
            StorageItem.newBuilder().setKind("absent"),
            StorageItem.newBuilder().setKind("zero").setLeaseDeadline(Times.ZERO),
            StorageItem.newBuilder().setKind("not leased").setLeaseDeadline(future),
            StorageItem.newBuilder().setKind("leased").setLeaseDeadline(future).setIsLeased(true),
            StorageItem.newBuilder().setKind("expired").setLeaseDeadline(past).setIsLeased(true));
    List<StorageItem> listed = queue.items();

    assertThat(answered.get(0).hasLeaseDeadline()).isFalse();
    assertThat(answered)
        .extracting(StorageItem::getLeaseDeadline)
        .containsExactly(Timestamp.getDefaultInstance(), Times.ZERO, future, future, past);
    assertThat(listed)
        .extracting(StorageItem::getLeaseDeadline)
        .containsExactly(Times.ZERO, Times.ZERO, Times.ZERO, future, Times.ZERO);
    assertThat(listed)
        .extracting(StorageItem::getIsLeased)
        .containsExactly(false, false, false, true, false);
    assertThat(queue.stats(0).getTotalLeased()).isEqualTo(1);
    assertThat(queue.lease(10).getItemsList())
        .extracting(QueueLeaseItem::getKind)
        .containsExactly("absent", "zero", "not leased", "expired");
    assertThat(queue.complete(answered.get(3).getId()).status()).isEqualTo(200);
  }

  @Test
  void letsAnImportedLeaseExpire() {
    TestQueue queue = server.queue();
    Timestamp soon = Times.in(Duration.ofMillis(500));
    String id =
        queue
            .imported(
                StorageItem.newBuilder().setIsLeased(true).setLeaseDeadline(soon).setAttempts(2))
            .getFirst()
            .getId();

    boolean hidden = queue.isEmpty();
    QueueLeaseItem item = queue.leaseOne();

    assertThat(hidden).isTrue();
    assertThat(item.getAttempts()).isEqualTo(3);
    assertThat(item.getId()).isNotEqualTo(id);
    assertThat(Instant.now()).isAfter(Times.instant(soon).plusMillis(20));
  }

  @Test
  void expiresImportsByTheQueuesTimeWhereTheyHaveNone() {
    TestQueue queue = server.queue();

    List<StorageItem> answered =
        queue.imported(
            StorageItem.newBuilder(), StorageItem.newBuilder().setExpireDeadline(Times.ZERO));

    assertThat(answered)
        .allSatisfy(item ->
            assertThat(Times.instant(item.getExpireDeadline()))
                .isEqualTo(Times.instant(item.getCreatedAt()).plus(Duration.ofHours(24))));
  }

  @Test
  void skipsSourceIdsThatAreThere() {
    TestQueue queue = server.queue();
    String first = queue.imported(source("s", "first")).getFirst().getId();

    List<StorageItem> answered =
        queue.imported(
            source("s", "again").setId("as given"),
            source("t", "new"),
            source("t", "twice").setId(""),
            source("", "none"),
            source("", "none, too"));

    assertThat(answered).hasSize(5);
    assertThat(answered.get(0).getId()).isEqualTo("as given");
    assertThat(answered.get(0).getKind()).isEqualTo("again");
    assertThat(answered.get(2).getId()).isEmpty();
    assertThat(queue.items())
        .extracting(StorageItem::getKind)
        .containsExactly("first", "new", "none", "none, too");
    assertThat(queue.items().getFirst().getId()).isEqualTo(first);
  }

  private static StorageItem.Builder source(String sourceId, String kind) {
    return StorageItem.newBuilder().setSourceId(sourceId).setKind(kind);
  }

  @Test
  void freesASourceIdWithItsItem() {
    TestQueue queue = server.queue();
    Runnable[] ends = {
      () -> queue.complete(queue.lease(1)),
      () -> delete(queue, ids(queue.items())),
      () -> queue.retry(TestQueue.retried(queue.leaseOne().getId()).setDead(true)),
      () ->
          api.ok(
              Call.QUEUE_CLEAR,
              QueueClearRequest.newBuilder().setQueueName(queue.name()).setQueue(true)),
      () -> {
        queue.lease(1);
        api.ok(
            Call.QUEUE_CLEAR,
            QueueClearRequest.newBuilder()
                .setQueueName(queue.name())
                .setQueue(true)
                .setDestructive(true));
      },
      () -> {
        queue.retry(
            TestQueue.retried(queue.leaseOne().getId()).setRetryAt(Times.in(Duration.ofHours(1))));
        api.ok(
            Call.QUEUE_CLEAR,
            QueueClearRequest.newBuilder().setQueueName(queue.name()).setScheduled(true));
      }
    };
    for (int i = 0; i < ends.length; i++) {
      queue.imported(source("s", "round " + i));
      assertThat(queue.items())
          .as("round %d", i)
          .extracting(StorageItem::getKind)
          .containsExactly("round " + i);
      ends[i].run();
      await().until(() -> queue.items().isEmpty() && queue.scheduled().isEmpty());
    }
    queue.imported(source("s", "last"));
    assertThat(queue.items()).hasSize(1);
  }

  @Test
  void keepsASourceIdWhileItsItemMoves() {
    TestQueue queue = server.queue(info -> info.setLeaseTimeout("50ms"));
    queue.imported(source("s", "a"));
    queue.leaseOne();
    await().until(() -> queue.stats(0).getTotalLeased() == 0);
    queue.retry(TestQueue.retried(queue.leaseOne().getId()));

    queue.imported(source("s", "b"));

    assertThat(queue.items()).extracting(StorageItem::getKind).containsExactly("a");
    assertThat(queue.items().getFirst().getSourceId()).isEqualTo("s");
  }

  @Test
  void refusesTimesThatOnlyProtobufCanWrite() {
    TestQueue queue = server.queue();
    Timestamp bad = Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).build();
    var request = StorageItemsImportRequest.newBuilder().setQueueName(queue.name());
    var lease =
        request.clone().addItems(StorageItem.newBuilder().setIsLeased(true).setLeaseDeadline(bad));
    var expire = request.clone().addItems(StorageItem.newBuilder().setExpireDeadline(bad));

    Reply leaseReply = api.send(Call.STORAGE_ITEMS_IMPORT, lease, Encoding.PROTOBUF, "*/*").reply();
    Reply expireReply =
        api.send(Call.STORAGE_ITEMS_IMPORT, expire, Encoding.PROTOBUF, "*/*").reply();

    assertThat(leaseReply.getMessage())
        .isEqualTo("lease_deadline is invalid; not within the years 1 to 9999");
    assertThat(expireReply.getMessage())
        .isEqualTo("expire_deadline is invalid; not within the years 1 to 9999");
    assertThat(queue.items()).isEmpty();
  }

  // Delete

  private void delete(TestQueue queue, List<String> ids) {
    api.ok(
        Call.STORAGE_ITEMS_DELETE,
        StorageItemsDeleteRequest.newBuilder().setQueueName(queue.name()).addAllIds(ids));
  }

  @Test
  void deletesWhateverTheStateAndIgnoresTheRest() {
    TestQueue queue = server.queue();
    TestQueue other = server.queue();
    queue.produce("leased", "queued", "kept");
    other.produce("of another");
    String leased = queue.leaseOne().getId();
    queue.produce(Times.later(TestQueue.item("scheduled")));
    String queued = queue.items().get(1).getId();
    String scheduled = queue.scheduled().getFirst().getId();

    delete(
        queue,
        List.of(
            leased,
            leased,
            queued,
            scheduled,
            Contract.FOREIGN_ID,
            other.items().getFirst().getId()));

    assertThat(TestQueue.payloads(queue.items())).containsExactly("kept");
    assertThat(queue.scheduled()).isEmpty();
    assertThat(other.items()).hasSize(1);
    assertThat(queue.stats(0).getTotal()).isEqualTo(1);
    assertThat(queue.stats(0).getTotalLeased()).isZero();
    assertThat(queue.stats(0).getScheduled()).isZero();
    assertThat(queue.complete(leased).status()).isEqualTo(400);
    assertThat(TestQueue.payloads(queue.lease(10))).containsExactly("kept");
  }

  @Test
  void deletesNothingIfOneIdIsMalformed() {
    TestQueue queue = server.queue();
    queue.produce("a");
    String id = queue.items().getFirst().getId();

    Reply reply =
        api.refused(
            Call.STORAGE_ITEMS_DELETE,
            StorageItemsDeleteRequest.newBuilder()
                .setQueueName(queue.name())
                .addIds(id)
                .addIds("x"));

    assertThat(reply.getMessage())
        .isEqualTo("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters");
    assertThat(queue.items()).hasSize(1);
  }
}

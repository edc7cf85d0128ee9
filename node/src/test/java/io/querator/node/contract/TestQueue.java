package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.querator.client.Call;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueuePartitionStats;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsListRequest;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/// A queue on a server, with the calls that most tests make. A call that is refused fails the test
/// unless the method says otherwise.
public final class TestQueue {
  private final ApiClient api;
  private final String name;

  TestQueue(ApiClient api, String name) {
    this.api = api;
    this.name = name;
  }

  /// A new queue; see [TestServer#queue(UnaryOperator, String)].
  static TestQueue create(ApiClient api, String name, UnaryOperator<QueueInfo.Builder> change) {
    TestQueue queue = new TestQueue(api, name);
    queue.create(change);
    return queue;
  }

  public String name() {
    return name;
  }

  // The queue itself

  void create(UnaryOperator<QueueInfo.Builder> change) {
    QueueInfo.Builder info =
        QueueInfo.newBuilder()
            .setQueueName(name)
            .setLeaseTimeout("1m")
            .setExpireTimeout("24h")
            .setRequestedPartitions(1);
    Reply _ = api.ok(Call.QUEUES_CREATE, change.apply(info));
  }

  QueueInfo info() {
    return api.ok(Call.QUEUES_INFO, QueuesInfoRequest.newBuilder().setQueueName(name));
  }

  /// Changes the queue from what it is.
  void update(UnaryOperator<QueueInfo.Builder> change) {
    Reply _ = api.ok(Call.QUEUES_UPDATE, change.apply(info().toBuilder()));
  }

  void delete() {
    Reply _ = api.ok(Call.QUEUES_DELETE, QueuesDeleteRequest.newBuilder().setQueueName(name));
  }

  QueueLogicalStats stats() {
    QueueStatsResponse stats =
        api.ok(Call.QUEUE_STATS, QueueStatsRequest.newBuilder().setQueueName(name));
    assertThat(stats.getQueueName()).isEqualTo(name);
    assertThat(stats.getLogicalQueuesList()).hasSize(1);
    return stats.getLogicalQueues(0);
  }

  QueuePartitionStats stats(int partition) {
    return stats().getPartitions(partition);
  }

  /// Items of all partitions, queued and leased.
  int total() {
    return stats().getPartitionsList().stream().mapToInt(QueuePartitionStats::getTotal).sum();
  }

  // Items

  static QueueProduceItem item(String payload) {
    return QueueProduceItem.newBuilder().setUtf8(payload).build();
  }

  /// A produce of items with these payloads.
  QueueProduceRequest.Builder produceRequest(String... payloads) {
    return QueueProduceRequest.newBuilder()
        .setQueueName(name)
        .setRequestTimeout("1m")
        .addAllItems(Arrays.stream(payloads).map(TestQueue::item).toList());
  }

  void produce(String... payloads) {
    produce(produceRequest(payloads));
  }

  void produce(QueueProduceItem item) {
    produce(produceRequest().addItems(item));
  }

  void produce(QueueProduceRequest.Builder request) {
    assertThat(api.ok(Call.QUEUE_PRODUCE, request).getCode()).isEqualTo(200);
  }

  /// Produces items of the kinds `item 0`, `item 1` and so on.
  void produceKinds(int count) {
    QueueProduceRequest.Builder request = produceRequest();
    for (int i = 0; i < count; i++) {
      request.addItems(QueueProduceItem.newBuilder().setKind("item " + i));
    }
    produce(request);
  }

  QueueLeaseRequest.Builder leaseRequest(int batchSize, String timeout) {
    return QueueLeaseRequest.newBuilder()
        .setQueueName(name)
        .setBatchSize(batchSize)
        .setClientId(UUID.randomUUID().toString())
        .setRequestTimeout(timeout);
  }

  /// Leases what is there, or comes within 20 seconds.
  QueueLeaseResponse lease(int batchSize) {
    return api.ok(Call.QUEUE_LEASE, leaseRequest(batchSize, "20s"));
  }

  /// Leases one item.
  QueueLeaseItem leaseOne() {
    return lease(1).getItems(0);
  }

  /// Leases what is there, perhaps nothing: then the answer is 454.
  Answer leaseNow(int batchSize) {
    return api.send(Call.QUEUE_LEASE, leaseRequest(batchSize, "20ms"));
  }

  /// Whether nothing can be leased now.
  boolean isEmpty() {
    return leaseNow(1).status() == 454;
  }

  /// A lease call that has not been answered yet and waits on the server.
  CompletableFuture<QueueLeaseResponse> leaseWaiting(int batchSize) {
    int before = stats().getLeaseWaiting();
    CompletableFuture<Answer> answer = leaseLater(batchSize);
    awaitWaiting(before + 1);
    return answer.thenApply(got -> {
      assertThat(got.status()).as(got.toString()).isEqualTo(200);
      return got.as(QueueLeaseResponse.getDefaultInstance());
    });
  }

  CompletableFuture<Answer> leaseLater(int batchSize) {
    return api.later(Call.QUEUE_LEASE, leaseRequest(batchSize, "1m"));
  }

  /// Waits until so many lease calls wait.
  void awaitWaiting(int calls) {
    await().until(() -> stats().getLeaseWaiting() == calls);
  }

  Answer complete(int partition, List<String> ids) {
    return api.send(
        Call.QUEUE_COMPLETE,
        QueueCompleteRequest.newBuilder()
            .setQueueName(name)
            .setPartition(partition)
            .setRequestTimeout("1m")
            .addAllIds(ids));
  }

  void complete(QueueLeaseResponse leased) {
    Answer answer = complete(leased.getPartition(), ids(leased));
    assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
  }

  Answer complete(String... ids) {
    return complete(0, List.of(ids));
  }

  Answer retry(QueueRetryItem.Builder... items) {
    return retry(List.of(items));
  }

  Answer retry(int partition, List<String> ids) {
    QueueRetryRequest.Builder request =
        QueueRetryRequest.newBuilder().setQueueName(name).setPartition(partition);
    ids.forEach(id -> request.addItems(retried(id)));
    return api.send(Call.QUEUE_RETRY, request);
  }

  Answer retry(List<QueueRetryItem.Builder> items) {
    QueueRetryRequest.Builder request = QueueRetryRequest.newBuilder().setQueueName(name);
    for (QueueRetryItem.Builder item : items) {
      request.addItems(item);
    }
    return api.send(Call.QUEUE_RETRY, request);
  }

  static QueueRetryItem.Builder retried(String id) {
    return QueueRetryItem.newBuilder().setId(id);
  }

  // Storage calls

  StorageItemsListRequest.Builder listRequest() {
    return StorageItemsListRequest.newBuilder().setQueueName(name).setLimit(100_000);
  }

  /// The queued and leased items of partition 0.
  List<StorageItem> items() {
    return api.ok(Call.STORAGE_ITEMS_LIST, listRequest()).getItemsList();
  }

  List<StorageItem> items(StorageItemsListRequest.Builder request) {
    return api.ok(Call.STORAGE_ITEMS_LIST, request).getItemsList();
  }

  /// The scheduled items of partition 0.
  List<StorageItem> scheduled() {
    return api.ok(Call.STORAGE_SCHEDULED_LIST, listRequest()).getItemsList();
  }

  /// Imports into partition 0.
  List<StorageItem> imported(StorageItem.Builder... items) {
    StorageItemsImportRequest.Builder request =
        StorageItemsImportRequest.newBuilder().setQueueName(name);
    for (StorageItem.Builder item : items) {
      request.addItems(item);
    }
    return api.ok(Call.STORAGE_ITEMS_IMPORT, request).getItemsList();
  }

  /// Imports so many items into a partition.
  List<StorageItem> imported(int partition, int count) {
    StorageItemsImportRequest.Builder request =
        StorageItemsImportRequest.newBuilder().setQueueName(name).setPartition(partition);
    for (int i = 0; i < count; i++) {
      request.addItems(StorageItem.newBuilder().setKind(Integer.toString(i)));
    }
    return api.ok(Call.STORAGE_ITEMS_IMPORT, request).getItemsList();
  }

  // Reading answers

  static List<String> ids(QueueLeaseResponse leased) {
    return leased.getItemsList().stream().map(QueueLeaseItem::getId).toList();
  }

  static List<String> payloads(QueueLeaseResponse leased) {
    return leased.getItemsList().stream()
        .map(QueueLeaseItem::getBytes)
        .map(ByteString::toStringUtf8)
        .toList();
  }

  static List<String> payloads(List<StorageItem> items) {
    return items.stream().map(item -> item.getPayload().toStringUtf8()).toList();
  }
}

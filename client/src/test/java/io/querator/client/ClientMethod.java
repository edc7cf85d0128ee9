package io.querator.client;

import com.google.protobuf.Message;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.client.message.PartitionsListRequest;
import io.querator.client.message.PartitionsListResponse;
import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueReloadRequest;
import io.querator.client.message.QueueRetryRequest;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.client.message.QueuesListRequest;
import io.querator.client.message.QueuesListResponse;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsImportResponse;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.client.message.StorageItemsListResponse;
import io.querator.client.message.StoragesDrainRequest;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/// A method of the client, the call that it makes, a request, and an answer.
record ClientMethod<Q extends Message>(
    Call<Q, ?> call, Q request, Message answer, BiFunction<QueratorClient, Q, Message> method) {
  private static final Reply SUCCESS = Reply.newBuilder().setCode(200).build();

  private static <Q extends Message> ClientMethod<Q> command(
      Call<Q, Reply> call, Q request, BiConsumer<QueratorClient, Q> method) {
    return new ClientMethod<>(
        call,
        request,
        SUCCESS,
        (client, given) -> {
          method.accept(client, given);
          return SUCCESS;
        });
  }

  /// Returns the answer; for a command, that of success.
  Message run(QueratorClient client) {
    return method.apply(client, request);
  }

  @Override
  public String toString() {
    return call.path();
  }

  static Stream<ClientMethod<?>> all() {
    return Stream.of(queue(), queues(), storage(), cluster()).flatMap(methods -> methods);
  }

  private static Stream<ClientMethod<?>> queue() {
    return Stream.of(
        command(
            Call.QUEUE_PRODUCE,
            QueueProduceRequest.newBuilder().setQueueName("q").build(),
            QueratorClient::produce),
        new ClientMethod<>(
            Call.QUEUE_LEASE,
            QueueLeaseRequest.newBuilder().setQueueName("q").setBatchSize(1).build(),
            QueueLeaseResponse.newBuilder()
                .addItems(QueueLeaseItem.newBuilder().setId("a").setAttempts(1))
                .build(),
            QueratorClient::lease),
        command(
            Call.QUEUE_COMPLETE,
            QueueCompleteRequest.newBuilder().setQueueName("q").addIds("a").build(),
            QueratorClient::complete),
        command(
            Call.QUEUE_RETRY,
            QueueRetryRequest.newBuilder().setQueueName("q").build(),
            QueratorClient::retry),
        command(
            Call.QUEUE_CLEAR,
            QueueClearRequest.newBuilder().setQueueName("q").setQueue(true).build(),
            QueratorClient::clear),
        command(
            Call.QUEUE_RELOAD,
            QueueReloadRequest.newBuilder().setQueueName("q").build(),
            QueratorClient::reload),
        new ClientMethod<>(
            Call.QUEUE_STATS,
            QueueStatsRequest.newBuilder().setQueueName("q").build(),
            QueueStatsResponse.newBuilder().setQueueName("q").build(),
            QueratorClient::stats));
  }

  private static Stream<ClientMethod<?>> cluster() {
    ClusterNodeRequest node = ClusterNodeRequest.newBuilder().setNode("a").build();
    return Stream.of(
        command(Call.CLUSTER_DRAIN, node, QueratorClient::drainNode),
        command(Call.CLUSTER_UNDRAIN, node, QueratorClient::undrainNode),
        command(
            Call.PARTITIONS_MOVE,
            PartitionsMoveRequest.newBuilder().setQueueName("q").setStorage("s").build(),
            QueratorClient::movePartition),
        new ClientMethod<>(
            Call.PARTITIONS_LIST,
            PartitionsListRequest.newBuilder().setQueueName("q").build(),
            PartitionsListResponse.newBuilder().setQueueName("q").build(),
            QueratorClient::partitions),
        command(
            Call.STORAGES_DRAIN,
            StoragesDrainRequest.newBuilder().setStorage("s").build(),
            QueratorClient::drainStorage));
  }

  private static Stream<ClientMethod<?>> queues() {
    QueueInfo info = QueueInfo.newBuilder().setQueueName("q").setMaxAttempts(3).build();
    return Stream.of(
        command(Call.QUEUES_CREATE, info, QueratorClient::createQueue),
        command(Call.QUEUES_UPDATE, info, QueratorClient::updateQueue),
        new ClientMethod<>(
            Call.QUEUES_LIST,
            QueuesListRequest.getDefaultInstance(),
            QueuesListResponse.newBuilder().addItems(info).build(),
            QueratorClient::listQueues),
        new ClientMethod<>(
            Call.QUEUES_INFO,
            QueuesInfoRequest.newBuilder().setQueueName("q").build(),
            info,
            QueratorClient::queueInfo),
        command(
            Call.QUEUES_DELETE,
            QueuesDeleteRequest.newBuilder().setQueueName("q").build(),
            QueratorClient::deleteQueue));
  }

  private static Stream<ClientMethod<?>> storage() {
    StorageItem item = StorageItem.newBuilder().setId("a").build();
    StorageItemsListRequest list = StorageItemsListRequest.newBuilder().setQueueName("q").build();
    StorageItemsListResponse listed = StorageItemsListResponse.newBuilder().addItems(item).build();
    return Stream.of(
        new ClientMethod<>(Call.STORAGE_ITEMS_LIST, list, listed, QueratorClient::listItems),
        new ClientMethod<>(
            Call.STORAGE_SCHEDULED_LIST, list, listed, QueratorClient::listScheduled),
        new ClientMethod<>(
            Call.STORAGE_ITEMS_IMPORT,
            StorageItemsImportRequest.newBuilder().setQueueName("q").addItems(item).build(),
            StorageItemsImportResponse.newBuilder().addItems(item).build(),
            QueratorClient::importItems),
        command(
            Call.STORAGE_ITEMS_DELETE,
            StorageItemsDeleteRequest.newBuilder().setQueueName("q").addIds("a").build(),
            QueratorClient::deleteItems));
  }
}

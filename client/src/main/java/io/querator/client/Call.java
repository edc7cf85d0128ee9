package io.querator.client;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.Message;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.client.message.PartitionsListRequest;
import io.querator.client.message.PartitionsListResponse;
import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueInfo;
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
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsImportResponse;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.client.message.StorageItemsListResponse;
import io.querator.client.message.StoragesDrainRequest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/// The calls of the API: the one table from which servers, clients and documents are made.
///
/// @param path of the `POST`
/// @param request the default instance of the request message
/// @param answer the default instance of the answer message
/// @param bodyLimit the default, where a node may be set to another
/// @param repetition whether a client may repeat it when it does not know if it has been executed
public record Call<Q extends Message, A extends Message>(
    String path, Q request, A answer, BodyLimit bodyLimit, Repetition repetition) {

  /// What executing a request twice, the second time unknowingly, does.
  public enum Repetition {
    /// No more than executing it once did, though the second may be refused because of the first.
    HARMLESS,
    /// As [#HARMLESS] if the request has an idempotency key, else as [#HARMFUL].
    HARMLESS_WITH_KEY,
    /// It adds items once more, takes items from others, or hits what has come under the same name
    /// meanwhile.
    HARMFUL
  }

  public static final Call<QueueProduceRequest, Reply> QUEUE_PRODUCE =
      new Call<>(
          "/v1/queue.produce",
          QueueProduceRequest.getDefaultInstance(),
          Reply.getDefaultInstance(),
          Limits.PRODUCE_BODY,
          Repetition.HARMLESS_WITH_KEY);

  /// Harmful: the items of an answer that was lost stay leased until their deadline, at the cost of
  /// an attempt.
  public static final Call<QueueLeaseRequest, QueueLeaseResponse> QUEUE_LEASE =
      harmful(
          "/v1/queue.lease",
          QueueLeaseRequest.getDefaultInstance(),
          QueueLeaseResponse.getDefaultInstance());

  public static final Call<QueueCompleteRequest, Reply> QUEUE_COMPLETE =
      command("/v1/queue.complete", QueueCompleteRequest.getDefaultInstance());

  public static final Call<QueueRetryRequest, Reply> QUEUE_RETRY =
      command("/v1/queue.retry", QueueRetryRequest.getDefaultInstance());

  public static final Call<QueueClearRequest, Reply> QUEUE_CLEAR =
      command("/v1/queue.clear", QueueClearRequest.getDefaultInstance());

  public static final Call<QueueReloadRequest, Reply> QUEUE_RELOAD =
      command("/v1/queue.reload", QueueReloadRequest.getDefaultInstance());

  public static final Call<QueueStatsRequest, QueueStatsResponse> QUEUE_STATS =
      harmless(
          "/v1/queue.stats",
          QueueStatsRequest.getDefaultInstance(),
          QueueStatsResponse.getDefaultInstance());

  public static final Call<QueueInfo, Reply> QUEUES_CREATE =
      command("/v1/queues.create", QueueInfo.getDefaultInstance());

  public static final Call<QueueInfo, Reply> QUEUES_UPDATE =
      new Call<>(
          "/v1/queues.update",
          QueueInfo.getDefaultInstance(),
          Reply.getDefaultInstance(),
          Limits.UPDATE_BODY,
          Repetition.HARMLESS);

  public static final Call<QueuesListRequest, QueuesListResponse> QUEUES_LIST =
      harmless(
          "/v1/queues.list",
          QueuesListRequest.getDefaultInstance(),
          QueuesListResponse.getDefaultInstance());

  public static final Call<QueuesInfoRequest, QueueInfo> QUEUES_INFO =
      harmless(
          "/v1/queues.info",
          QueuesInfoRequest.getDefaultInstance(),
          QueueInfo.getDefaultInstance());

  /// Harmful: somebody may have made a queue again under the name.
  public static final Call<QueuesDeleteRequest, Reply> QUEUES_DELETE =
      harmful(
          "/v1/queues.delete",
          QueuesDeleteRequest.getDefaultInstance(),
          Reply.getDefaultInstance());

  public static final Call<StorageItemsListRequest, StorageItemsListResponse> STORAGE_ITEMS_LIST =
      harmless(
          "/v1/storage/items.list",
          StorageItemsListRequest.getDefaultInstance(),
          StorageItemsListResponse.getDefaultInstance());

  public static final Call<StorageItemsListRequest, StorageItemsListResponse>
      STORAGE_SCHEDULED_LIST =
          harmless(
              "/v1/storage/scheduled.list",
              StorageItemsListRequest.getDefaultInstance(),
              StorageItemsListResponse.getDefaultInstance());

  /// Harmful even where each item has a source id, which is free again once its item is gone.
  public static final Call<StorageItemsImportRequest, StorageItemsImportResponse>
      STORAGE_ITEMS_IMPORT =
          new Call<>(
              "/v1/storage/items.import",
              StorageItemsImportRequest.getDefaultInstance(),
              StorageItemsImportResponse.getDefaultInstance(),
              Limits.IMPORT_BODY,
              Repetition.HARMFUL);

  public static final Call<StorageItemsDeleteRequest, Reply> STORAGE_ITEMS_DELETE =
      command("/v1/storage/items.delete", StorageItemsDeleteRequest.getDefaultInstance());

  public static final Call<ClusterNodeRequest, Reply> CLUSTER_DRAIN =
      command("/v1/cluster.drain", ClusterNodeRequest.getDefaultInstance());

  public static final Call<ClusterNodeRequest, Reply> CLUSTER_UNDRAIN =
      command("/v1/cluster.undrain", ClusterNodeRequest.getDefaultInstance());

  public static final Call<PartitionsMoveRequest, Reply> PARTITIONS_MOVE =
      command("/v1/partitions.move", PartitionsMoveRequest.getDefaultInstance());

  public static final Call<PartitionsListRequest, PartitionsListResponse> PARTITIONS_LIST =
      harmless(
          "/v1/partitions.list",
          PartitionsListRequest.getDefaultInstance(),
          PartitionsListResponse.getDefaultInstance());

  public static final Call<StoragesDrainRequest, Reply> STORAGES_DRAIN =
      command("/v1/storages.drain", StoragesDrainRequest.getDefaultInstance());

  private static final List<Call<?, ?>> ALL =
      List.of(
          QUEUE_PRODUCE,
          QUEUE_LEASE,
          QUEUE_COMPLETE,
          QUEUE_RETRY,
          QUEUE_CLEAR,
          QUEUE_RELOAD,
          QUEUE_STATS,
          QUEUES_CREATE,
          QUEUES_UPDATE,
          QUEUES_LIST,
          QUEUES_INFO,
          QUEUES_DELETE,
          STORAGE_ITEMS_LIST,
          STORAGE_SCHEDULED_LIST,
          STORAGE_ITEMS_IMPORT,
          STORAGE_ITEMS_DELETE,
          CLUSTER_DRAIN,
          CLUSTER_UNDRAIN,
          PARTITIONS_MOVE,
          PARTITIONS_LIST,
          STORAGES_DRAIN);

  private static final Map<String, Call<?, ?>> BY_PATH =
      ALL.stream().collect(Collectors.toUnmodifiableMap(Call::path, Function.identity()));

  public Call {
    requireNonNull(path, "path");
    requireNonNull(request, "request");
    requireNonNull(answer, "answer");
    requireNonNull(bodyLimit, "bodyLimit");
    requireNonNull(repetition, "repetition");
  }

  /// Every call, in the order of the API's description.
  public static List<Call<?, ?>> all() {
    return ALL;
  }

  /// The call of an exact path.
  public static Optional<Call<?, ?>> at(String path) {
    return Optional.ofNullable(BY_PATH.get(path));
  }

  private static <Q extends Message> Call<Q, Reply> command(String path, Q request) {
    return harmless(path, request, Reply.getDefaultInstance());
  }

  private static <Q extends Message, A extends Message> Call<Q, A> harmless(
      String path, Q request, A answer) {
    return new Call<>(path, request, answer, Limits.OTHER_BODY, Repetition.HARMLESS);
  }

  private static <Q extends Message, A extends Message> Call<Q, A> harmful(
      String path, Q request, A answer) {
    return new Call<>(path, request, answer, Limits.OTHER_BODY, Repetition.HARMFUL);
  }
}

package io.querator.client;

import com.google.protobuf.Message;
import io.querator.client.Dispatcher.Time;
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
import java.net.URI;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Calls Querator over HTTP with Protobuf.
///
/// Each method blocks until the answer is there, best on a virtual thread; any number of threads
/// may share a client. A thread that is interrupted, or a client that is closed, ends the call.
///
/// A call that was not executed (the node was busy, moving or not reachable) is repeated until its
/// time is over. One that *may* have been executed is repeated only where that does no harm, see
/// [Call.Repetition]: a produce with a key, complete, retry, and most others, but not lease, delete
/// of a queue, or import. So what fails says how certain that is: [QueratorException#outcome()].
///
/// Every method throws [QueratorException] if the call is refused or fails.
public final class QueratorClient implements AutoCloseable {
  /// Not an error of a lease, but its way to say that nothing came.
  private static final String NO_ITEMS = "request timeout; no items are in the queue, try again";

  private final ClientSettings settings;
  private final Dispatcher dispatcher;

  public QueratorClient(ClientSettings settings) {
    this.settings = settings;
    this.dispatcher = new Dispatcher(settings);
  }

  /// A client with the default settings.
  public static QueratorClient to(URI... nodes) {
    return new QueratorClient(ClientSettings.of(nodes));
  }

  /// Adds items to a queue: all of them, or none.
  ///
  /// A missing timeout and idempotency key are added as the settings say. Repeats send the same
  /// bytes, so that the node knows the request again by its key.
  public void produce(QueueProduceRequest request) {
    QueueProduceRequest.Builder keyed = request.toBuilder();
    keyed.setRequestTimeout(given(request.getRequestTimeout()));
    if (settings.keys() && request.getIdempotencyKey().isEmpty()) {
      keyed.setIdempotencyKey(UUID.randomUUID().toString());
    }
    Reply _ =
        dispatcher.call(
            Call.QUEUE_PRODUCE,
            timeOf(keyed.getRequestTimeout()),
            keyed.build(),
            (same, _) -> same);
  }

  /// As [#produce(QueueProduceRequest)] with a timeout that replaces the request's.
  public void produce(QueueProduceRequest request, Duration timeout) {
    produce(request.toBuilder().setRequestTimeout(GoDuration.format(timeout)).build());
  }

  /// Leases items; waits for some up to the request's timeout, or that of the settings.
  ///
  /// @return an answer without items if none came in time
  public QueueLeaseResponse lease(QueueLeaseRequest request) {
    QueueLeaseRequest timed =
        request.toBuilder().setRequestTimeout(given(request.getRequestTimeout())).build();
    try {
      return dispatcher.call(
          Call.QUEUE_LEASE,
          timeOf(timed.getRequestTimeout()),
          timed,
          (again, remaining) -> again.toBuilder().setRequestTimeout(text(remaining)).build());
    } catch (QueratorException e) {
      if (e.code() == ReplyCode.RETRY_REQUEST.code() && NO_ITEMS.equals(e.getMessage())) {
        return QueueLeaseResponse.newBuilder().setQueueName(request.getQueueName()).build();
      }
      throw e;
    }
  }

  /// As [#lease(QueueLeaseRequest)] with a timeout that replaces the request's.
  public QueueLeaseResponse lease(QueueLeaseRequest request, Duration timeout) {
    return lease(request.toBuilder().setRequestTimeout(GoDuration.format(timeout)).build());
  }

  /// Removes leased items: all of them, or none.
  public void complete(QueueCompleteRequest request) {
    QueueCompleteRequest timed =
        request.toBuilder().setRequestTimeout(given(request.getRequestTimeout())).build();
    Reply _ =
        dispatcher.call(
            Call.QUEUE_COMPLETE,
            timeOf(timed.getRequestTimeout()),
            timed,
            (again, remaining) -> again.toBuilder().setRequestTimeout(text(remaining)).build());
  }

  /// As [#complete(QueueCompleteRequest)] with a timeout that replaces the request's.
  public void complete(QueueCompleteRequest request, Duration timeout) {
    complete(request.toBuilder().setRequestTimeout(GoDuration.format(timeout)).build());
  }

  /// Gives leased items back, at once, later, or as dead: all of them, or none.
  public void retry(QueueRetryRequest request) {
    Reply _ = call(Call.QUEUE_RETRY, request);
  }

  /// Removes waiting or scheduled items.
  public void clear(QueueClearRequest request) {
    Reply _ = call(Call.QUEUE_CLEAR, request);
  }

  /// Has the partitions of a queue read from storage again.
  public void reload(QueueReloadRequest request) {
    Reply _ = call(Call.QUEUE_RELOAD, request);
  }

  /// Counts the items and waiting calls of a queue.
  public QueueStatsResponse stats(QueueStatsRequest request) {
    return call(Call.QUEUE_STATS, request);
  }

  /// Makes a queue.
  public void createQueue(QueueInfo request) {
    Reply _ = call(Call.QUEUES_CREATE, request);
  }

  /// Changes a queue.
  public void updateQueue(QueueInfo request) {
    Reply _ = call(Call.QUEUES_UPDATE, request);
  }

  /// A page of the queues of a namespace, by name.
  public QueuesListResponse listQueues(QueuesListRequest request) {
    return call(Call.QUEUES_LIST, request);
  }

  /// The settings of a queue.
  public QueueInfo queueInfo(QueuesInfoRequest request) {
    return call(Call.QUEUES_INFO, request);
  }

  /// Removes a queue and its items.
  public void deleteQueue(QueuesDeleteRequest request) {
    Reply _ = call(Call.QUEUES_DELETE, request);
  }

  /// A page of the waiting and leased items of a partition, by id.
  public StorageItemsListResponse listItems(StorageItemsListRequest request) {
    return call(Call.STORAGE_ITEMS_LIST, request);
  }

  /// A page of the scheduled items of a partition, by id.
  public StorageItemsListResponse listScheduled(StorageItemsListRequest request) {
    return call(Call.STORAGE_SCHEDULED_LIST, request);
  }

  /// Puts items into a partition as they are given.
  public StorageItemsImportResponse importItems(StorageItemsImportRequest request) {
    return call(Call.STORAGE_ITEMS_IMPORT, request);
  }

  /// Removes items of a partition, leased or not.
  public void deleteItems(StorageItemsDeleteRequest request) {
    Reply _ = call(Call.STORAGE_ITEMS_DELETE, request);
  }

  /// Has the other nodes take all partitions of a node, which goes on serving calls meanwhile and
  /// gets none until it is undrained or starts again.
  public void drainNode(ClusterNodeRequest request) {
    Reply _ = call(Call.CLUSTER_DRAIN, request);
  }

  /// Lets a node own partitions again.
  public void undrainNode(ClusterNodeRequest request) {
    Reply _ = call(Call.CLUSTER_UNDRAIN, request);
  }

  /// Asks for a partition to be moved to another storage, online; returns when that has been noted.
  /// Where it lies there already, it shall stay.
  public void movePartition(PartitionsMoveRequest request) {
    Reply _ = call(Call.PARTITIONS_MOVE, request);
  }

  /// Where the partitions of a queue lie, and how far those have come that are being moved.
  public PartitionsListResponse partitions(PartitionsListRequest request) {
    return call(Call.PARTITIONS_LIST, request);
  }

  /// Asks for all partitions to be moved off a storage; returns when that has been noted.
  public void drainStorage(StoragesDrainRequest request) {
    Reply _ = call(Call.STORAGES_DRAIN, request);
  }

  /// Executes any call with a time of its own for all its attempts. The request is sent as it is:
  /// no timeout or key is added, and a lease for which nothing came is an error.
  public <Q extends Message, A extends Message> A call(
      Call<Q, A> call, Q request, Duration timeout) {
    return dispatcher.call(call, new Time(timeout, Duration.ZERO), request, (same, _) -> same);
  }

  private <Q extends Message, A extends Message> A call(Call<Q, A> call, Q request) {
    return call(call, request, settings.callTimeout());
  }

  /// The health document of one node, in JSON, whether it is healthy or not. No other is asked if
  /// it does not answer.
  public String health() {
    return dispatcher.health();
  }

  /// Ends waiting leases at once, lets other calls finish for the close timeout, and refuses new
  /// ones. Does nothing when called again.
  @Override
  public void close() {
    dispatcher.close();
  }

  private String given(String requestTimeout) {
    return requestTimeout.isEmpty() ? GoDuration.format(settings.requestTimeout()) : requestTimeout;
  }

  private Time timeOf(String requestTimeout) {
    Duration timeout = parsed(requestTimeout);
    return timeout == null
        ? new Time(settings.callTimeout(), Duration.ZERO)
        : new Time(timeout, settings.answerMargin());
  }

  /// Null for what the node is going to refuse.
  private static @Nullable Duration parsed(String requestTimeout) {
    try {
      Duration timeout = GoDuration.parse(requestTimeout);
      boolean allowed =
          timeout.compareTo(Limits.REQUEST_TIMEOUT_MIN_EXCLUSIVE) > 0
              && timeout.compareTo(Limits.REQUEST_TIMEOUT_MAX) <= 0;
      return allowed ? timeout : null;
    } catch (InvalidDurationException e) {
      return null;
    }
  }

  private static String text(Duration remaining) {
    return GoDuration.format(remaining.truncatedTo(ChronoUnit.MILLIS));
  }
}

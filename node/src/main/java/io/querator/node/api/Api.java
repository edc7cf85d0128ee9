package io.querator.node.api;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.client.Limits;
import io.querator.client.Outcome;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueRetryRequest;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.http.CallHandler;
import io.querator.node.http.CallHandlers;
import io.querator.node.http.ListHandler;
import io.querator.node.http.ReplyException;
import io.querator.node.service.ItemReader;
import io.querator.node.service.NodeService;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which handler answers which call.
public final class Api {
  private static final Duration DEFAULT_TIMEOUT = Duration.ofMinutes(5);

  private static final Logger log = LoggerFactory.getLogger(Api.class);

  private Api() {}

  /// The handlers of all calls.
  public static CallHandlers handlers(NodeService service) {
    return handlers(service, Forwarding.none());
  }

  /// The handlers of all calls, for clients and for other nodes.
  public static CallHandlers handlers(NodeService service, Forwarding forwarding) {
    QueueLookup queues = new QueueLookup(service);
    Deadlines deadlines = new Deadlines(service.clock());
    RefusedIds refusedIds = new RefusedIds(service.items());
    QueueChecks checks = new QueueChecks(service);
    CallHandlers.Builder calls = CallHandlers.builder();
    InstantSource clock = service.clock();
    EachPartition each = new EachPartition(forwarding, clock);
    on(calls, Call.QUEUE_PRODUCE, new ProduceHandler(queues, deadlines, forwarding));
    on(calls, Call.QUEUE_LEASE, new LeaseHandler(queues, deadlines));
    Routed<QueueCompleteRequest> completes =
        new Routed<>(
            queues,
            forwarding,
            clock,
            QueueCompleteRequest::getQueueName,
            QueueCompleteRequest::getPartition,
            request -> RequestTimeout.orDefault(request.getRequestTimeout(), DEFAULT_TIMEOUT));
    on(
        calls,
        Call.QUEUE_COMPLETE,
        completes.handler(Call.QUEUE_COMPLETE, new CompleteHandler(queues, deadlines, refusedIds)));
    Routed<QueueRetryRequest> retries =
        new Routed<>(
            queues,
            forwarding,
            clock,
            QueueRetryRequest::getQueueName,
            QueueRetryRequest::getPartition,
            _ -> Limits.RETRY_TIMEOUT);
    on(
        calls,
        Call.QUEUE_RETRY,
        retries.handler(Call.QUEUE_RETRY, new RetryHandler(queues, deadlines, refusedIds)));
    on(calls, Call.QUEUE_CLEAR, new ClearHandler(queues, deadlines, each));
    on(calls, Call.QUEUE_RELOAD, new ReloadHandler(service, queues, deadlines, each));
    on(calls, Call.QUEUE_STATS, new StatsHandler(queues, clock, forwarding, service.peers()));
    onChange(calls, Call.QUEUES_CREATE, new CreateQueueHandler(service, checks, deadlines));
    onChange(calls, Call.QUEUES_UPDATE, new UpdateQueueHandler(service, queues, checks, deadlines));
    onChange(calls, Call.QUEUES_DELETE, new DeleteQueueHandler(service, queues, deadlines));
    on(calls, Call.QUEUES_LIST, new ListQueuesHandler(queues));
    on(calls, Call.QUEUES_INFO, new QueueInfoHandler(queues));
    Routed<StorageItemsListRequest> lists =
        new Routed<>(
            queues,
            forwarding,
            clock,
            StorageItemsListRequest::getQueueName,
            StorageItemsListRequest::getPartition,
            _ -> DEFAULT_TIMEOUT);
    onList(
        calls,
        Call.STORAGE_ITEMS_LIST,
        lists,
        new ListItemsHandler(service.items(), ItemReader.Kind.READY, queues, deadlines));
    onList(
        calls,
        Call.STORAGE_SCHEDULED_LIST,
        lists,
        new ListItemsHandler(service.items(), ItemReader.Kind.SCHEDULED, queues, deadlines));
    Routed<StorageItemsImportRequest> imports =
        new Routed<>(
            queues,
            forwarding,
            clock,
            StorageItemsImportRequest::getQueueName,
            StorageItemsImportRequest::getPartition,
            _ -> DEFAULT_TIMEOUT);
    on(
        calls,
        Call.STORAGE_ITEMS_IMPORT,
        imports.handler(Call.STORAGE_ITEMS_IMPORT, new ImportItemsHandler(queues, deadlines)));
    Routed<StorageItemsDeleteRequest> deletes =
        new Routed<>(
            queues,
            forwarding,
            clock,
            StorageItemsDeleteRequest::getQueueName,
            StorageItemsDeleteRequest::getPartition,
            _ -> DEFAULT_TIMEOUT);
    on(
        calls,
        Call.STORAGE_ITEMS_DELETE,
        deletes.handler(Call.STORAGE_ITEMS_DELETE, new DeleteItemsHandler(queues, deadlines)));
    ClusterMember member = service.member().orElse(null);
    on(calls, Call.CLUSTER_DRAIN, new DrainHandler(member, true));
    on(calls, Call.CLUSTER_UNDRAIN, new DrainHandler(member, false));
    MoveChecks moves = new MoveChecks(service.moves(), member);
    onChange(calls, Call.PARTITIONS_MOVE, new MovePartitionHandler(service.moves(), queues, moves));
    on(calls, Call.PARTITIONS_LIST, new ListPartitionsHandler(queues, forwarding, service.peers()));
    onChange(calls, Call.STORAGES_DRAIN, new DrainStorageHandler(service.moves(), queues, moves));
    return calls.build();
  }

  /// A call that leaves it to the partitions to write.
  private static <Q extends Message, A extends Message> void on(
      CallHandlers.Builder calls, Call<Q, A> call, CallHandler<Q, A> handler) {
    calls.on(call, guarded(call, handler, Outcome.NOT_EXECUTED));
  }

  private static void onList(
      CallHandlers.Builder calls,
      Call<StorageItemsListRequest, ?> call,
      Routed<StorageItemsListRequest> routed,
      ListItemsHandler handler) {
    StorageItem element = StorageItem.getDefaultInstance();
    ListHandler<StorageItemsListRequest, StorageItem> there =
        routed.listHandler(call, element, handler);
    calls.onList(
        call,
        element,
        (request, context, elements) -> {
          try {
            there.handle(request, context, elements);
          } catch (StorageException.Unavailable | StorageException.Fenced e) {
            throw away(call, e, Outcome.NOT_EXECUTED);
          }
        });
  }

  /// A call that writes to the catalogue.
  private static <Q extends Message, A extends Message> void onChange(
      CallHandlers.Builder calls, Call<Q, A> call, CallHandler<Q, A> handler) {
    calls.on(call, guarded(call, handler, Outcome.UNKNOWN));
  }

  /// Answers 454 where a storage is away.
  private static <Q extends Message, A extends Message> CallHandler<Q, A> guarded(
      Call<Q, A> call, CallHandler<Q, A> handler, Outcome outcome) {
    return (request, context) -> {
      try {
        return handler.handle(request, context);
      } catch (StorageException.Unavailable | StorageException.Fenced e) {
        throw away(call, e, outcome);
      }
    };
  }

  private static ReplyException away(Call<?, ?> call, StorageException cause, Outcome outcome) {
    log.atDebug().addKeyValue("path", call.path()).setCause(cause).log("storage is away");
    return Refusals.storageAway(outcome);
  }
}

package io.querator.node.api;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.client.Outcome;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.node.http.CallHandler;
import io.querator.node.http.CallHandlers;
import io.querator.node.http.ReplyException;
import io.querator.node.service.ItemReader;
import io.querator.node.service.NodeService;
import io.querator.storage.StorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which handler answers which call.
public final class Api {
  private static final Logger log = LoggerFactory.getLogger(Api.class);

  private Api() {}

  /// The handlers of all calls.
  public static CallHandlers handlers(NodeService service) {
    QueueLookup queues = new QueueLookup(service.queues());
    Deadlines deadlines = new Deadlines(service.clock());
    RefusedIds refusedIds = new RefusedIds(service.items());
    QueueChecks checks = new QueueChecks(service);
    CallHandlers.Builder calls = CallHandlers.builder();
    on(calls, Call.QUEUE_PRODUCE, new ProduceHandler(queues, deadlines));
    on(calls, Call.QUEUE_LEASE, new LeaseHandler(queues, deadlines));
    on(calls, Call.QUEUE_COMPLETE, new CompleteHandler(queues, deadlines, refusedIds));
    on(calls, Call.QUEUE_RETRY, new RetryHandler(queues, deadlines, refusedIds));
    on(calls, Call.QUEUE_CLEAR, new ClearHandler(queues, deadlines));
    on(calls, Call.QUEUE_RELOAD, new ReloadHandler(service, queues, deadlines));
    on(calls, Call.QUEUE_STATS, new StatsHandler(queues, service.clock()));
    onChange(calls, Call.QUEUES_CREATE, new CreateQueueHandler(service, checks, deadlines));
    onChange(calls, Call.QUEUES_UPDATE, new UpdateQueueHandler(service, queues, checks, deadlines));
    onChange(calls, Call.QUEUES_DELETE, new DeleteQueueHandler(service, queues, deadlines));
    on(calls, Call.QUEUES_LIST, new ListQueuesHandler(queues));
    on(calls, Call.QUEUES_INFO, new QueueInfoHandler(queues));
    onList(
        calls,
        Call.STORAGE_ITEMS_LIST,
        new ListItemsHandler(service.items(), ItemReader.Kind.READY, queues, deadlines));
    onList(
        calls,
        Call.STORAGE_SCHEDULED_LIST,
        new ListItemsHandler(service.items(), ItemReader.Kind.SCHEDULED, queues, deadlines));
    on(calls, Call.STORAGE_ITEMS_IMPORT, new ImportItemsHandler(queues, deadlines));
    on(calls, Call.STORAGE_ITEMS_DELETE, new DeleteItemsHandler(queues, deadlines));
    return calls.build();
  }

  /// A call that leaves it to the partitions to write.
  private static <Q extends Message, A extends Message> void on(
      CallHandlers.Builder calls, Call<Q, A> call, CallHandler<Q, A> handler) {
    calls.on(call, guarded(call, handler, Outcome.NOT_EXECUTED));
  }

  private static void onList(
      CallHandlers.Builder calls, Call<StorageItemsListRequest, ?> call, ListItemsHandler handler) {
    calls.onList(
        call,
        StorageItem.getDefaultInstance(),
        (request, context, elements) -> {
          try {
            handler.handle(request, context, elements);
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

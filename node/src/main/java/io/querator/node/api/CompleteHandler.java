package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Complete;
import io.querator.queue.ItemId;
import java.time.Duration;
import java.util.List;

/// queue.complete
record CompleteHandler(QueueLookup queues, Deadlines deadlines, RefusedIds refusedIds)
    implements CallHandler<QueueCompleteRequest, Reply> {
  @Override
  public Reply handle(QueueCompleteRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    Duration timeout = RequestTimeout.parse(request.getRequestTimeout());
    int count = context.listed();
    if (count == 0) {
      throw Refusals.invalid("ids is invalid; list of ids cannot be empty");
    }
    if (count > Limits.COMPLETE_ITEMS_MAX) {
      throw Refusals.invalid(
          "ids is invalid; max_complete_batch_size is 1000 but received " + count);
    }
    RequestTimeout.checkAtMostMax(timeout);
    RequestTimeout.checkGiven(timeout);
    var ids = new RefusedIds.Request(queue, slot, "completed", deadlines.after(timeout));
    Complete command = new Complete(refusedIds.parse(ids, request.getIdsList()));
    List<ItemId> refused =
        Refusals.value(slot.index(), queue.complete(slot, command, ids.deadline()));
    if (!refused.isEmpty()) {
      throw refusedIds.explain(ids, refused);
    }
    return Refusals.DONE;
  }
}

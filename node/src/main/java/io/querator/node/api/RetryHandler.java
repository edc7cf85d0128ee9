package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Retry;
import io.querator.queue.Command.RetryItem;
import io.querator.queue.ItemId;
import io.querator.storage.ItemHead;
import java.util.ArrayList;
import java.util.List;

/// queue.retry
record RetryHandler(QueueLookup queues, Deadlines deadlines, RefusedIds refusedIds)
    implements CallHandler<QueueRetryRequest, Reply> {
  @Override
  public Reply handle(QueueRetryRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    int count = context.listed();
    if (count == 0) {
      throw Refusals.invalid("items is invalid; list of items cannot be empty");
    }
    if (count > Limits.COMPLETE_ITEMS_MAX) {
      throw Refusals.invalid(
          "items is invalid; max_complete_batch_size is 1000 but received " + count);
    }
    long deadline = deadlines.after(Limits.RETRY_TIMEOUT);
    var ids = new RefusedIds.Request(queue, slot, "retried", deadline);
    List<String> texts = request.getItemsList().stream().map(QueueRetryItem::getId).toList();
    Retry command = new Retry(retries(request, refusedIds.parse(ids, texts)));
    List<ItemId> refused = Refusals.value(slot.index(), queue.retry(slot, command, deadline));
    if (!refused.isEmpty()) {
      throw refusedIds.explain(ids, refused);
    }
    return Refusals.DONE;
  }

  private static List<RetryItem> retries(QueueRetryRequest request, List<ItemId> ids) {
    List<RetryItem> retries = new ArrayList<>(ids.size());
    for (int i = 0; i < ids.size(); i++) {
      QueueRetryItem item = request.getItems(i);
      long retryAt =
          item.hasRetryAt() ? Timestamps.micros("retry_at", item.getRetryAt()) : ItemHead.READY;
      retries.add(new RetryItem(ids.get(i), retryAt, item.getDead()));
    }
    return retries;
  }
}

package io.querator.node.api;

import io.querator.client.message.Reply;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Delete;
import io.querator.queue.ItemId;
import java.util.ArrayList;
import java.util.List;

/// storage/items.delete
record DeleteItemsHandler(QueueLookup queues, Deadlines deadlines)
    implements CallHandler<StorageItemsDeleteRequest, Reply> {
  @Override
  public Reply handle(StorageItemsDeleteRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    if (request.getIdsCount() == 0) {
      throw Refusals.invalid("ids is invalid; cannot be empty");
    }
    List<ItemId> ids = new ArrayList<>(request.getIdsCount());
    for (String text : request.getIdsList()) {
      try {
        ids.add(ItemId.parse(text));
      } catch (ItemId.MalformedException e) {
        throw Refusals.invalid(RefusedIds.malformed(text, e));
      }
    }
    Refusals.value(slot.index(), queue.call(slot, new Delete(ids), deadlines.byDefault()));
    return Refusals.DONE;
  }
}

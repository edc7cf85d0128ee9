package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.Text;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.node.http.CallContext;
import io.querator.node.http.ListHandler;
import io.querator.node.service.ItemReader;
import io.querator.node.service.ListedItem;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.ItemId;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// storage/items.list and storage/scheduled.list
record ListItemsHandler(
    ItemReader items, ItemReader.Kind kind, QueueLookup queues, Deadlines deadlines)
    implements ListHandler<StorageItemsListRequest, StorageItem> {
  @Override
  public void handle(
      StorageItemsListRequest request, CallContext context, Consumer<StorageItem> elements) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    ItemId pivot = pivot(request.getPivot());
    int limit = request.getLimit();
    if (limit >= 0) {
      Upto sink = new Upto(limit == 0 ? Limits.LIST_LIMIT_DEFAULT : limit, elements);
      long deadline = deadlines.byDefault();
      Refusals.value(slot.index(), items.list(queue, slot, kind, pivot, deadline, sink));
    }
  }

  private static @Nullable ItemId pivot(String text) {
    if (Text.isBlank(text)) {
      return null;
    }
    try {
      return ItemId.parse(text);
    } catch (ItemId.MalformedException e) {
      throw Refusals.invalid(RefusedIds.malformed(text, e));
    }
  }

  /// Passes items on up to a limit.
  private static final class Upto implements Predicate<ListedItem> {
    private final Consumer<StorageItem> elements;
    private int left;

    private Upto(int limit, Consumer<StorageItem> elements) {
      left = limit;
      this.elements = elements;
    }

    @Override
    public boolean test(ListedItem item) {
      elements.accept(StorageItems.of(item));
      left--;
      return left > 0;
    }
  }
}

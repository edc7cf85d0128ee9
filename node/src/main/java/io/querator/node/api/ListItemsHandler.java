package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.Text;
import io.querator.client.message.StorageItemsListRequest;
import io.querator.client.message.StorageItemsListResponse;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.ItemReader;
import io.querator.node.service.ListedItem;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.ItemId;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// storage/items.list and storage/scheduled.list
record ListItemsHandler(
    ItemReader items, ItemReader.Kind kind, QueueLookup queues, Deadlines deadlines)
    implements CallHandler<StorageItemsListRequest, StorageItemsListResponse> {
  /// There is no limit of items in an answer, but there is one of the node's memory.
  private static final long ANSWER_BYTES_MAX = 256L << 20;

  @Override
  public StorageItemsListResponse handle(StorageItemsListRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    ItemId pivot = pivot(request.getPivot());
    int limit = request.getLimit();
    if (limit < 0) {
      return StorageItemsListResponse.getDefaultInstance();
    }
    Answer answer = new Answer(limit == 0 ? Limits.LIST_LIMIT_DEFAULT : limit);
    Refusals.value(
        slot.index(), items.list(queue, slot, kind, pivot, deadlines.byDefault(), answer));
    return answer.message.build();
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

  /// Gathers items up to a limit.
  private static final class Answer implements Predicate<ListedItem> {
    private final int limit;
    private final StorageItemsListResponse.Builder message = StorageItemsListResponse.newBuilder();
    private long bytes;

    private Answer(int limit) {
      this.limit = limit;
    }

    @Override
    public boolean test(ListedItem item) {
      bytes += item.item().content().sizeBytes();
      if (bytes > ANSWER_BYTES_MAX) {
        throw Refusals.invalid(
            "limit is invalid; the answer would be greater than 256MiB, use a smaller limit");
      }
      message.addItems(StorageItems.of(item));
      return message.getItemsCount() < limit;
    }
  }
}

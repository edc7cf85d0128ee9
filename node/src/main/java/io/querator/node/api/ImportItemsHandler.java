package io.querator.node.api;

import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsImportResponse;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Import;
import io.querator.queue.Command.ImportItem;
import io.querator.queue.ItemId;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// storage/items.import
record ImportItemsHandler(QueueLookup queues, Deadlines deadlines)
    implements CallHandler<StorageItemsImportRequest, StorageItemsImportResponse> {
  @Override
  public StorageItemsImportResponse handle(StorageItemsImportRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    if (request.getItemsCount() == 0) {
      throw Refusals.invalid("items is invalid; cannot be empty");
    }
    List<ImportItem> imports = new ArrayList<>(request.getItemsCount());
    request.getItemsList().forEach(item -> imports.add(given(item)));
    Import command = new Import(imports, Timestamps.microsUp(context.arrival()));
    List<Optional<ItemHead>> heads =
        Refusals.value(slot.index(), queue.call(slot, command, deadlines.byDefault()));
    StorageItemsImportResponse.Builder answer = StorageItemsImportResponse.newBuilder();
    for (int i = 0; i < heads.size(); i++) {
      StorageItem item = request.getItems(i);
      answer.addItems(
          heads.get(i).map(head -> imported(slot, item, head)).orElseGet(() -> skipped(item)));
    }
    return answer.build();
  }

  private static ImportItem given(StorageItem item) {
    Texts.checkItem(item.getKind(), item.getReference(), item.getEncoding());
    Texts.checkNoNul("source_id", item.getSourceId());
    ItemContent content =
        new ItemContent(
            item.getKind(),
            item.getReference(),
            item.getEncoding(),
            item.getPayload().toByteArray());
    boolean expires = item.hasExpireDeadline() && !item.getExpireDeadline().equals(Timestamps.ZERO);
    return new ImportItem(
        content,
        item.getSourceId(),
        leaseDeadline(item),
        expires ? Timestamps.micros("expire_deadline", item.getExpireDeadline()) : ItemHead.READY,
        item.getAttempts(),
        item.getMaxAttempts());
  }

  private static long leaseDeadline(StorageItem item) {
    return item.getIsLeased() && item.hasLeaseDeadline()
        ? Timestamps.micros("lease_deadline", item.getLeaseDeadline())
        : ItemHead.READY;
  }

  private static StorageItem imported(PartitionSlot slot, StorageItem given, ItemHead head) {
    return withoutIgnored(given)
        .setId(ItemId.of(slot.key(), head).toString())
        .setIsLeased(leaseDeadline(given) > head.createdAt())
        .setExpireDeadline(Timestamps.of(head.expireAt()))
        .setCreatedAt(Timestamps.of(head.createdAt()))
        .build();
  }

  private static StorageItem skipped(StorageItem given) {
    return withoutIgnored(given).build();
  }

  private static StorageItem.Builder withoutIgnored(StorageItem given) {
    return given.toBuilder().clearUpdatedAt().clearDeadDeadline().clearEnqueueAt();
  }
}

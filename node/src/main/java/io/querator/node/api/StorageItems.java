package io.querator.node.api;

import com.google.protobuf.UnsafeByteOperations;
import io.querator.client.message.StorageItem;
import io.querator.node.service.ListedItem;
import io.querator.queue.Command.LeaseState;
import io.querator.storage.ItemHead;
import io.querator.storage.Position;

/// Items of the storage calls as messages.
final class StorageItems {
  private StorageItems() {}

  static StorageItem of(ListedItem listed) {
    ItemHead head = listed.item().head();
    LeaseState lease = listed.lease();
    StorageItem.Builder item =
        StorageItem.newBuilder()
            .setId(listed.id().toString())
            .setSourceId(head.sourceId())
            .setIsLeased(lease != null)
            .setLeaseDeadline(
                lease == null ? Timestamps.ZERO : Timestamps.of(lease.leaseDeadline()))
            .setExpireDeadline(Timestamps.of(head.expireAt()))
            .setCreatedAt(Timestamps.of(head.createdAt()))
            .setAttempts(lease == null ? head.attempts() : lease.attempts())
            .setMaxAttempts(head.maxAttempts())
            .setReference(listed.item().content().reference())
            .setEncoding(listed.item().content().encoding())
            .setKind(listed.item().content().kind())
            .setPayload(UnsafeByteOperations.unsafeWrap(listed.item().content().payload()));
    if (!Position.isReady(head.position()) && head.dueAt() != ItemHead.NEVER) {
      item.setEnqueueAt(Timestamps.of(head.dueAt()));
    }
    return item.build();
  }
}

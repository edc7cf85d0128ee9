package io.querator.node.api;

import io.querator.client.message.Reply;
import io.querator.client.message.StoragesDrainRequest;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionMoves;

/// storages.drain
record DrainStorageHandler(PartitionMoves moves, QueueLookup queues, MoveChecks checks)
    implements CallHandler<StoragesDrainRequest, Reply> {
  @Override
  public Reply handle(StoragesDrainRequest request, CallContext context) {
    queues.checkLoaded();
    checks.check(request.getStorage());
    if (!moves.drain(request.getStorage())) {
      throw Refusals.invalid("storage is invalid; no other storage takes new partitions");
    }
    return Refusals.DONE;
  }
}

package io.querator.node.api;

import io.querator.client.message.PartitionsMoveRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionMoves;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;

/// partitions.move
record MovePartitionHandler(PartitionMoves moves, QueueLookup queues, MoveChecks checks)
    implements CallHandler<PartitionsMoveRequest, Reply> {
  @Override
  public Reply handle(PartitionsMoveRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    PartitionSlot slot = QueueLookup.partition(queue, request.getPartition());
    checks.check(request.getStorage());
    return Refusals.changed(queue.name(), moves.move(queue, slot.key(), request.getStorage()), "");
  }
}

package io.querator.node.api;

import io.querator.client.Call;
import io.querator.client.message.QueueClearRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.Placed;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Clear;

/// queue.clear
record ClearHandler(QueueLookup queues, Deadlines deadlines, EachPartition each)
    implements CallHandler<QueueClearRequest, Reply> {
  @Override
  public Reply handle(QueueClearRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    if (!request.getQueue() && !request.getScheduled()) {
      throw Refusals.invalid("invalid clear request; one of 'queue', 'scheduled' must be true");
    }
    Clear command = new Clear(request.getQueue(), request.getScheduled(), request.getDestructive());
    long deadline = deadlines.byDefault();
    Placed<Boolean> placed =
        each.execute(queue, Call.QUEUE_CLEAR, context, slot -> queue.call(slot, command, deadline));
    Refusals.value(placed.partition(), placed.outcome());
    return Refusals.DONE;
  }
}

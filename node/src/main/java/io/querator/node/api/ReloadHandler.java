package io.querator.node.api;

import io.querator.client.Call;
import io.querator.client.message.QueueReloadRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.NodeService;
import io.querator.node.service.Placed;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.Reload;

/// queue.reload
record ReloadHandler(
    NodeService service, QueueLookup queues, Deadlines deadlines, EachPartition each)
    implements CallHandler<QueueReloadRequest, Reply> {
  @Override
  public Reply handle(QueueReloadRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    long deadline = deadlines.byDefault();
    service.reopen(queue, deadline);
    Placed<Boolean> placed =
        each.execute(
            queue, Call.QUEUE_RELOAD, context, slot -> queue.call(slot, new Reload(), deadline));
    Refusals.value(placed.partition(), placed.outcome());
    return Refusals.DONE;
  }
}

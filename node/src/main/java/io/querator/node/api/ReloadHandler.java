package io.querator.node.api;

import io.querator.client.message.QueueReloadRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.NodeService;
import io.querator.node.service.Placed;

/// queue.reload
record ReloadHandler(NodeService service, QueueLookup queues, Deadlines deadlines)
    implements CallHandler<QueueReloadRequest, Reply> {
  @Override
  public Reply handle(QueueReloadRequest request, CallContext context) {
    Placed<Boolean> placed =
        service.reload(queues.find(request.getQueueName()), deadlines.byDefault());
    Refusals.value(placed.partition(), placed.outcome());
    return Refusals.DONE;
  }
}

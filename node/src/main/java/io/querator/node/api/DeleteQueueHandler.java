package io.querator.node.api;

import io.querator.client.message.QueuesDeleteRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.DefinitionResult;
import io.querator.node.service.NodeService;

/// queues.delete
record DeleteQueueHandler(NodeService service, QueueLookup queues, Deadlines deadlines)
    implements CallHandler<QueuesDeleteRequest, Reply> {
  @Override
  public Reply handle(QueuesDeleteRequest request, CallContext context) {
    String name = request.getQueueName();
    QueueChecks.name(name);
    queues.existing(name);
    boolean needsForce = context.optedIn() || service.definitions().deleteNeedsForce();
    boolean ifUnused = needsForce && !request.getForce();
    DefinitionResult result =
        service.definitions().delete(name, ifUnused, deadlines.ofDefinition());
    return Refusals.changed(name, result, service.queues().deadQueueOf(name));
  }
}

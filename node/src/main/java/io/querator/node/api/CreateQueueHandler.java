package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.NodeService;
import io.querator.node.service.QueueDefinition;

/// queues.create
record CreateQueueHandler(NodeService service, QueueChecks checks, Deadlines deadlines)
    implements CallHandler<QueueInfo, Reply> {
  @Override
  public Reply handle(QueueInfo info, CallContext context) {
    String name = info.getQueueName();
    QueueChecks.name(name);
    QueueChecks.Timeouts timeouts = QueueChecks.Timeouts.of(info);
    QueueChecks.namespaceSyntax(info.getNamespace());
    QueueChecks.namespaceExists(info.getNamespace());
    new QueueLookup(service).checkLoaded();
    if (service.queues().find(name) != null) {
      throw Refusals.exists(name);
    }
    checks.deadQueue(name, info.getDeadQueue());
    QueueDefinition definition =
        new QueueDefinition(
            info.getDeadQueue(),
            info.getReference(),
            timeouts.lease(),
            timeouts.expire(),
            info.getMaxAttempts(),
            info.getRequestedPartitions());
    checks.definition(definition);
    return Refusals.changed(
        name,
        service
            .definitions()
            .create(name, Limits.SYSTEM_NAMESPACE, definition, deadlines.ofDefinition()),
        "");
  }
}

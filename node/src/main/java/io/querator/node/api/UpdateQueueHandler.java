package io.querator.node.api;

import io.querator.client.message.QueueInfo;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.DefinitionResult;
import io.querator.node.service.NodeService;
import io.querator.node.service.QueueDefinition;
import java.time.Duration;

/// queues.update
record UpdateQueueHandler(
    NodeService service, QueueLookup queues, QueueChecks checks, Deadlines deadlines)
    implements CallHandler<QueueInfo, Reply> {
  @Override
  public Reply handle(QueueInfo info, CallContext context) {
    String name = info.getQueueName();
    QueueChecks.name(name);
    QueueChecks.Timeouts timeouts = QueueChecks.Timeouts.of(info);
    QueueChecks.namespaceSyntax(info.getNamespace());
    queues.existing(name);
    checks.deadQueue(name, info.getDeadQueue());
    DefinitionResult result =
        service
            .definitions()
            .update(name, before -> checked(before, info, timeouts), deadlines.ofDefinition());
    return Refusals.changed(name, result, "");
  }

  private QueueDefinition checked(
      QueueDefinition before, QueueInfo info, QueueChecks.Timeouts timeouts) {
    QueueDefinition after =
        new QueueDefinition(
            info.getDeadQueue(),
            info.getReference(),
            given(timeouts.lease(), before.leaseTimeout()),
            given(timeouts.expire(), before.expireTimeout()),
            info.getMaxAttempts(),
            info.getRequestedPartitions() == 0
                ? before.partitions()
                : info.getRequestedPartitions());
    checks.definition(after);
    return after;
  }

  private static Duration given(Duration timeout, Duration before) {
    return timeout.isZero() ? before : timeout;
  }
}

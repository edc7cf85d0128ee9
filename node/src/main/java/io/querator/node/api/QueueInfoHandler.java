package io.querator.node.api;

import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;

/// queues.info
record QueueInfoHandler(QueueLookup queues) implements CallHandler<QueuesInfoRequest, QueueInfo> {
  @Override
  public QueueInfo handle(QueuesInfoRequest request, CallContext context) {
    return QueueInfos.of(queues.find(request.getQueueName()).record());
  }
}

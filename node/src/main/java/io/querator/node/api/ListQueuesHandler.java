package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.Text;
import io.querator.client.message.QueuesListRequest;
import io.querator.client.message.QueuesListResponse;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;

/// queues.list
record ListQueuesHandler(QueueLookup queues)
    implements CallHandler<QueuesListRequest, QueuesListResponse> {
  @Override
  public QueuesListResponse handle(QueuesListRequest request, CallContext context) {
    int limit = request.getLimit();
    if (limit < 0) {
      throw Refusals.invalid("limit is invalid; limit cannot be negative");
    }
    if (limit > Limits.QUEUES_LIST_LIMIT_MAX) {
      throw Refusals.invalid("limit is invalid; cannot be greater than 65536");
    }
    String pivot = request.getPivot();
    if (pivot.indexOf('~') >= 0) {
      throw Refusals.invalid("pivot is invalid; '" + pivot + "' cannot contain '~' character");
    }
    queues.checkLoaded();
    String namespace =
        request.getNamespace().isEmpty() ? Limits.SYSTEM_NAMESPACE : request.getNamespace();
    String from = Text.isBlank(pivot) ? "" : pivot;
    int max = limit == 0 ? Limits.LIST_LIMIT_DEFAULT : limit;
    QueuesListResponse.Builder answer = QueuesListResponse.newBuilder();
    queues
        .queues()
        .list(namespace, from, max)
        .forEach(queue -> answer.addItems(QueueInfos.of(queue.record())));
    return answer.build();
  }
}

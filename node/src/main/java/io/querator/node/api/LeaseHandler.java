package io.querator.node.api;

import com.google.protobuf.UnsafeByteOperations;
import io.querator.client.Limits;
import io.querator.client.Text;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.LeaseResult;
import io.querator.node.service.ServedQueue;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Waiter;
import java.time.Duration;

/// queue.lease
record LeaseHandler(QueueLookup queues, Deadlines deadlines)
    implements CallHandler<QueueLeaseRequest, QueueLeaseResponse> {
  /// It is kept with every lease.
  static final int CLIENT_ID_BYTES_MAX = 2_000;

  @Override
  public QueueLeaseResponse handle(QueueLeaseRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    Duration timeout = RequestTimeout.parse(request.getRequestTimeout());
    checkClientId(request.getClientId());
    checkBatchSize(request.getBatchSize());
    RequestTimeout.checkGiven(timeout);
    RequestTimeout.checkAtMostMax(timeout);
    RequestTimeout.checkAboveMin(timeout);
    Waiter waiter = new Waiter(request.getClientId(), request.getBatchSize());
    LeaseResult result =
        queue.lease(waiter, deadlines.after(timeout), context.disconnect()::onDisconnect);
    return switch (result) {
      case LeaseResult.Answered(LeaseAnswer.Leased leased) -> answer(queue, leased);
      case LeaseResult.Answered(LeaseAnswer.Ended(var reason)) -> throw Refusals.noLease(reason);
      case LeaseResult.Answered(LeaseAnswer.Unknown()) -> throw Refusals.unknownLease();
      case LeaseResult.DuplicateClient _ ->
          throw Refusals.invalid(
              "duplicate client id; a client cannot make multiple leased requests to the same queue");
      case LeaseResult.Full _ -> throw Refusals.overloaded();
    };
  }

  private static void checkClientId(String id) {
    if (Text.isBlank(id)) {
      throw Refusals.invalid("invalid client id; cannot be empty");
    }
    if (Text.utf8Bytes(id) > CLIENT_ID_BYTES_MAX) {
      throw Refusals.invalid("invalid client id; cannot be greater than '2000' characters");
    }
    Texts.checkNoNul("client id", id);
  }

  private static void checkBatchSize(int size) {
    if (size <= 0) {
      throw Refusals.invalid("invalid batch size; must be greater than zero");
    }
    if (size > Limits.LEASE_ITEMS_MAX) {
      throw Refusals.invalid(
          "invalid batch size; max_lease_batch_size is 1000, but " + size + " was requested");
    }
  }

  private static QueueLeaseResponse answer(ServedQueue queue, LeaseAnswer.Leased leased) {
    QueueLeaseResponse.Builder answer =
        QueueLeaseResponse.newBuilder().setQueueName(queue.name()).setPartition(leased.partition());
    for (LeasedItem item : leased.items()) {
      answer.addItems(
          QueueLeaseItem.newBuilder()
              .setEncoding(item.content().encoding())
              .setKind(item.content().kind())
              .setReference(item.content().reference())
              .setId(item.id().toString())
              .setAttempts(item.attempts())
              .setLeaseDeadline(Timestamps.of(item.deadline()))
              .setBytes(UnsafeByteOperations.unsafeWrap(item.content().payload())));
    }
    return answer.build();
  }
}

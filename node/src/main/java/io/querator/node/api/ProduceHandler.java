package io.querator.node.api;

import io.querator.client.Call;
import io.querator.client.Limits;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.Reply;
import io.querator.cluster.NodeId;
import io.querator.node.api.Forwarding.Passing;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.http.Passed;
import io.querator.node.http.ReplyException;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Placed;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.queue.Outcome;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// queue.produce
record ProduceHandler(QueueLookup queues, Deadlines deadlines, Forwarding forwarding)
    implements CallHandler<QueueProduceRequest, Reply> {
  @Override
  public Reply handle(QueueProduceRequest request, CallContext context) {
    Passed passed = context.caller().passed();
    PartitionSlot target = passed == null ? null : target(request, passed);
    ServedQueue queue = queues.find(request.getQueueName());
    Duration timeout = timeout(request, context);
    int count = context.listed();
    if (count == 0) {
      throw Refusals.invalid("items cannot be empty; at least one item is required");
    }
    if (count > Limits.PRODUCE_ITEMS_MAX) {
      throw Refusals.invalid(
          "items is invalid; max_produce_batch_size is 1000 but received " + count);
    }
    List<NewItem> items = items(request);
    RequestKey key = IdempotencyKey.of(request, context.headers());
    Produce command = new Produce(items, Timestamps.microsUp(context.arrival()), key);
    long deadline = deadlines.after(timeout);
    Placed<Produced> placed =
        target != null
            ? queue.produceIn(target, command, deadline)
            : queue.produce(
                command, (owner, slot, _) -> pass(owner, slot, context, timeout), deadline);
    return switch (Refusals.value(placed.partition(), placed.outcome())) {
      case ADDED, REPEATED -> Refusals.DONE;
      case KEY_REUSED -> throw IdempotencyKey.reused();
    };
  }

  /// The partition that another node means.
  private PartitionSlot target(QueueProduceRequest request, Passed passed) {
    ServedQueue queue = queues.queues().find(request.getQueueName());
    PartitionSlot slot = queue == null ? null : queue.partition(passed.partition());
    if (slot == null) {
      throw new MovedException(0);
    }
    Routed.checkHere(slot, slot.index(), passed, deadlines.after(passed.timeout()));
    return slot;
  }

  private Outcome<Produced> pass(
      NodeId owner, PartitionSlot slot, CallContext context, Duration timeout) {
    try {
      forwarding.pass(
          owner,
          new Passing<>(Call.QUEUE_PRODUCE, context, slot.index(), slot.key().toString(), timeout));
      return new Outcome.Done<>(Produced.ADDED);
    } catch (ReplyException e) {
      return Refusals.outcome(e);
    }
  }

  private static Duration timeout(QueueProduceRequest request, CallContext context) {
    String text = request.getRequestTimeout();
    if (text.isEmpty() && context.acceptSent()) {
      return Limits.PRODUCE_TIMEOUT_DEFAULT;
    }
    Duration timeout = RequestTimeout.parse(text);
    RequestTimeout.checkGiven(timeout);
    RequestTimeout.checkBelowMax(timeout);
    RequestTimeout.checkAboveMin(timeout);
    return timeout;
  }

  private static List<NewItem> items(QueueProduceRequest request) {
    List<NewItem> items = new ArrayList<>(request.getItemsCount());
    for (QueueProduceItem item : request.getItemsList()) {
      Texts.checkItem(item.getKind(), item.getReference(), item.getEncoding());
      long enqueueAt =
          item.hasEnqueueAt()
              ? Timestamps.micros("enqueue_at", item.getEnqueueAt())
              : ItemHead.READY;
      items.add(
          new NewItem(
              new ItemContent(
                  item.getKind(), item.getReference(), item.getEncoding(), payload(item)),
              enqueueAt));
    }
    return items;
  }

  /// `bytes` if there are any, else `utf8`.
  static byte[] payload(QueueProduceItem item) {
    return item.getBytes().isEmpty()
        ? item.getUtf8().getBytes(StandardCharsets.UTF_8)
        : item.getBytes().toByteArray();
  }
}

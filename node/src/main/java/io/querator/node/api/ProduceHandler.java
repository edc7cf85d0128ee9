package io.querator.node.api;

import io.querator.client.Limits;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.Placed;
import io.querator.node.service.ServedQueue;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// queue.produce
record ProduceHandler(QueueLookup queues, Deadlines deadlines)
    implements CallHandler<QueueProduceRequest, Reply> {
  @Override
  public Reply handle(QueueProduceRequest request, CallContext context) {
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
    Placed<Produced> placed = queue.produce(command, deadlines.after(timeout));
    return switch (Refusals.value(placed.partition(), placed.outcome())) {
      case ADDED, REPEATED -> Refusals.DONE;
      case KEY_REUSED -> throw IdempotencyKey.reused();
    };
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

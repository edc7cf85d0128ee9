package io.querator.chaos.workload;

import com.google.protobuf.Timestamp;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import io.querator.chaos.workload.Caller.Ended;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The calls of one client, each of which is recorded. Safe for use by many threads, but for
/// [#lease].
final class Calls {
  private static final String TIMEOUT = "5s";
  private static final long MILLIS_PER_SECOND = 1_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final Run run;
  private final int client;
  private int leases;

  /// @param client a number that no other client has
  Calls(Run run, int client) {
    this.run = run;
    this.client = client;
  }

  Result produce(Entry.Queue queue, String payload) {
    return produce(queue, null, List.of(payload), 0);
  }

  /// @param key of idempotency, or null
  /// @param dueAt in nanoseconds since the run began; 0: at once
  Result produce(Entry.Queue queue, @Nullable String key, List<String> payloads, long dueAt) {
    QueueProduceRequest.Builder request =
        QueueProduceRequest.newBuilder().setQueueName(queue.name()).setRequestTimeout(TIMEOUT);
    if (key != null) {
      request.setIdempotencyKey(key);
    }
    for (String payload : payloads) {
      QueueProduceItem.Builder item = QueueProduceItem.newBuilder().setUtf8(payload);
      if (dueAt != 0) {
        item.setEnqueueAt(run.wall(dueAt));
      }
      request.addItems(item);
    }
    QueueProduceRequest built = request.build();
    Ended<Boolean> ended = run.caller().run(caller -> caller.produce(built));
    run.history()
        .add(
            new Entry.Produce(
                ended.span(),
                client,
                queue.name(),
                key,
                payloads,
                dueAt,
                ended.result(),
                ended.text()));
    return ended.result();
  }

  /// @return null if nothing is leased, as far as the client knows
  @Nullable QueueLeaseResponse lease(Entry.Queue queue, int batch, String timeout) {
    QueueLeaseRequest request =
        QueueLeaseRequest.newBuilder()
            .setQueueName(queue.name())
            .setBatchSize(batch)
            .setClientId(client + "/" + ++leases)
            .setRequestTimeout(timeout)
            .build();
    Ended<QueueLeaseResponse> ended = run.caller().call(caller -> caller.lease(request));
    QueueLeaseResponse answer = ended.value();
    run.history()
        .add(
            new Entry.Lease(
                ended.span(),
                client,
                queue.name(),
                batch,
                answer == null ? 0 : answer.getPartition(),
                answer == null
                    ? List.of()
                    : answer.getItemsList().stream().map(Calls::leased).toList(),
                ended.result(),
                ended.text()));
    return answer == null || answer.getItemsCount() == 0 ? null : answer;
  }

  private static Entry.Leased leased(QueueLeaseItem item) {
    return new Entry.Leased(
        item.getBytes().toStringUtf8(),
        item.getId(),
        item.getAttempts(),
        millis(item.getLeaseDeadline()));
  }

  private static long millis(Timestamp timestamp) {
    return timestamp.getSeconds() * MILLIS_PER_SECOND + timestamp.getNanos() / NANOS_PER_MILLI;
  }

  void complete(Entry.Queue queue, int partition, List<QueueLeaseItem> items) {
    QueueCompleteRequest request =
        QueueCompleteRequest.newBuilder()
            .setQueueName(queue.name())
            .setPartition(partition)
            .setRequestTimeout(TIMEOUT)
            .addAllIds(items.stream().map(QueueLeaseItem::getId).toList())
            .build();
    Ended<Boolean> ended = run.caller().run(caller -> caller.complete(request));
    run.history()
        .add(
            new Entry.Complete(
                ended.span(),
                client,
                queue.name(),
                partition,
                held(items),
                ended.result(),
                ended.text()));
  }

  /// @param dueAt in nanoseconds since the run began; 0: at once
  void retry(
      Entry.Queue queue, int partition, List<QueueLeaseItem> items, long dueAt, boolean dead) {
    QueueRetryRequest.Builder request =
        QueueRetryRequest.newBuilder().setQueueName(queue.name()).setPartition(partition);
    for (QueueLeaseItem item : items) {
      QueueRetryItem.Builder one = QueueRetryItem.newBuilder().setId(item.getId()).setDead(dead);
      if (dueAt != 0) {
        one.setRetryAt(run.wall(dueAt));
      }
      request.addItems(one);
    }
    QueueRetryRequest built = request.build();
    Ended<Boolean> ended = run.caller().run(caller -> caller.retry(built));
    run.history()
        .add(
            new Entry.Retry(
                ended.span(),
                client,
                queue.name(),
                partition,
                held(items),
                dueAt,
                dead,
                ended.result(),
                ended.text()));
  }

  private static List<Entry.Held> held(List<QueueLeaseItem> items) {
    return items.stream()
        .map(item -> new Entry.Held(item.getBytes().toStringUtf8(), item.getId()))
        .toList();
  }
}

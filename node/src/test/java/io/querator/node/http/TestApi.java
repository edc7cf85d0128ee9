package io.querator.node.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.querator.client.BodyLimit;
import io.querator.client.Call;
import io.querator.client.Outcome;
import io.querator.client.ReplyCode;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.client.message.Reply;
import io.querator.client.message.StorageItem;
import io.querator.client.message.StorageItemsDeleteRequest;
import io.querator.client.message.StorageItemsImportRequest;
import io.querator.client.message.StorageItemsImportResponse;
import io.querator.client.message.StorageItemsListRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// An API whose calls do what the tests of the transport need.
///
/// `queue.lease` waits until its client goes or the test answers; its queue name says what comes
/// then.
final class TestApi {
  static final String INFO = "/v1/queues.info";
  static final String PRODUCE = "/v1/queue.produce";
  static final String LEASE = "/v1/queue.lease";
  static final String LIST = "/v1/storage/items.list";
  static final String IMPORT = "/v1/storage/items.import";

  final List<CallContext> contexts = new CopyOnWriteArrayList<>();
  final List<String> observed = new CopyOnWriteArrayList<>();
  final Map<String, CompletableFuture<QueueLeaseResponse>> waiting = new ConcurrentHashMap<>();
  final List<String> disconnected = new CopyOnWriteArrayList<>();

  HttpApi api() {
    return new HttpApi(
        CallHandlers.builder()
            .on(Call.QUEUE_PRODUCE, this::produce)
            .on(Call.QUEUES_INFO, this::info)
            .on(Call.QUEUE_LEASE, this::lease)
            .on(Call.STORAGE_ITEMS_IMPORT, this::importItems)
            .on(Call.STORAGE_ITEMS_DELETE, this::delete)
            .onList(Call.STORAGE_ITEMS_LIST, StorageItem.getDefaultInstance(), this::list)
            .build(),
        Map.of(
            "/metrics",
                () -> new Page.Content(200, "text/plain; version=0.0.4", "up 1\n".getBytes(UTF_8)),
            "/health", () -> new Page.Content(503, "application/health+json", "{}".getBytes(UTF_8)),
            "/broken",
                () -> {
                  throw new IllegalStateException("a page that fails on purpose");
                }),
        TestApi::authenticate,
        (call, code, nanos) -> observed.add(call.path() + " " + code.code()));
  }

  static HttpSettings settings() {
    return new HttpSettings(
        "localhost",
        0,
        4000,
        3500,
        64 << 20,
        BodyLimit.decimal(5_000_000),
        Duration.ofMinutes(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofSeconds(2));
  }

  /// With timeouts that a test can wait for.
  static HttpSettings impatient(Duration idle, Duration request, Duration write) {
    return new HttpSettings(
        "localhost",
        0,
        4000,
        3500,
        64 << 20,
        BodyLimit.decimal(5_000_000),
        idle,
        request,
        write,
        Duration.ofSeconds(2));
  }

  static HttpSettings small(int connectionsMax, int callsMax, long bodyBytesMax) {
    return new HttpSettings(
        "localhost",
        0,
        connectionsMax,
        callsMax,
        bodyBytesMax,
        BodyLimit.decimal(5_000_000),
        Duration.ofMinutes(5),
        Duration.ofSeconds(30),
        Duration.ofSeconds(30),
        Duration.ofSeconds(2));
  }

  /// Returns when the lease call of this client waits.
  void awaitWaiting(String clientId) {
    await().pollInterval(Duration.ofMillis(2)).until(() -> waiting.containsKey(clientId));
  }

  /// Gives an item to the lease call of this client, once it waits.
  void answer(String clientId) {
    awaitWaiting(clientId);
    requireNonNull(waiting.get(clientId)).complete(oneItem(clientId));
  }

  private static Caller authenticate(RequestHeaders headers) {
    return headers
        .value("Authorization")
        .map(value -> {
          if (value.equals("bad")) {
            throw new ReplyException(ReplyCode.UNAUTHORIZED, "api key is invalid; it is unknown");
          }
          return new Caller(value);
        })
        .orElse(Caller.ANYONE);
  }

  private Reply produce(QueueProduceRequest request, CallContext context) {
    contexts.add(context);
    return switch (request.getQueueName()) {
      case "refuse" ->
          throw new ReplyException(
              ReplyCode.BAD_REQUEST,
              "queue does not exist; no such queue named 'refuse'",
              Map.of("ids", "a"));
      case "retry" ->
          throw ReplyException.retry("internal error, try your request again", Outcome.UNKNOWN);
      case "crash" -> throw new IllegalStateException("a handler that fails on purpose");
      case "assert" -> throw new AssertionError("a handler that fails on purpose");
      default -> Reply.newBuilder().setCode(200).build();
    };
  }

  /// Answers with the name, and the count of what it was sent; a namespace of as many bytes as the
  /// name says.
  private QueueInfo info(QueuesInfoRequest request, CallContext context) {
    contexts.add(context);
    QueueInfo.Builder answer = QueueInfo.newBuilder().setQueueName(request.getQueueName());
    if (request.getQueueName().startsWith("long:")) {
      answer.setReference("x".repeat(Integer.parseInt(request.getQueueName().substring(5))));
    }
    return answer.build();
  }

  private QueueLeaseResponse lease(QueueLeaseRequest request, CallContext context) {
    CompletableFuture<QueueLeaseResponse> answer = new CompletableFuture<>();
    context
        .disconnect()
        .onDisconnect(() -> {
          disconnected.add(request.getClientId());
          answer.completeExceptionally(new IllegalStateException("disconnected"));
        });
    waiting.put(request.getClientId(), answer);
    try {
      return answer.join();
    } catch (java.util.concurrent.CompletionException e) {
      throw ReplyException.retry(
          "request timeout; no items are in the queue, try again", Outcome.NOT_EXECUTED);
    } finally {
      waiting.remove(request.getClientId());
    }
  }

  private StorageItemsImportResponse importItems(
      StorageItemsImportRequest request, CallContext context) {
    contexts.add(context);
    return StorageItemsImportResponse.newBuilder().addAllItems(request.getItemsList()).build();
  }

  private Reply delete(StorageItemsDeleteRequest request, CallContext context) {
    contexts.add(context);
    return Reply.newBuilder().setCode(200).setMessage("ids: " + request.getIdsCount()).build();
  }

  /// As many items as the limit says, then whatever the queue name says.
  private void list(
      StorageItemsListRequest request, CallContext context, Consumer<StorageItem> items) {
    contexts.add(context);
    for (int i = 0; i < request.getLimit(); i++) {
      items.accept(listedItem(i));
    }
    switch (request.getQueueName()) {
      case "refuse" -> throw new ReplyException(ReplyCode.BAD_REQUEST, "refused on purpose");
      case "crash" -> throw new IllegalStateException("a list that fails on purpose");
      default -> {}
    }
  }

  static StorageItem listedItem(int number) {
    return StorageItem.newBuilder().setId("id-" + number).setAttempts(number).build();
  }

  private static QueueLeaseResponse oneItem(String id) {
    return QueueLeaseResponse.newBuilder()
        .addItems(
            QueueLeaseItem.newBuilder().setId(id).setBytes(ByteString.copyFromUtf8("payload")))
        .build();
  }
}

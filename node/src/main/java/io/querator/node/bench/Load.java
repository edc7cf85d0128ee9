package io.querator.node.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueRetryItem;
import io.querator.client.message.QueueRetryRequest;
import io.querator.node.bench.HttpConnection.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/// Producers and consumers at work on one queue, each on a thread and a connection of its own, from
/// [#start] until [#end]. What [#prepare], [#pass] and [#end] throw is what the first of them met
/// with.
final class Load implements AutoCloseable {
  private static final int OK = 200;
  private static final int RETRY_REQUEST = 454;
  private static final String NO_ITEMS = "no items are in the queue";
  private static final String TIMEOUT = "1m";
  private static final String LEASE_TIMEOUT = "500ms";
  private static final Duration SILENCE = Duration.ofSeconds(70);
  private static final Duration DRAIN = Duration.ofMinutes(2);
  private static final Duration FILL = Duration.ofHours(1);
  private static final long ROOM_MILLIS = 100;
  private static final int FILLERS = 4;
  private static final int FILL_BATCH = 1_000;

  /// An item that tells when it was due begins so, in hexadecimal.
  static final int STAMP_BYTES = 16;

  private final List<URI> produceAt;
  private final List<URI> consumeAt;
  private final String queue;
  private final LoadShape shape;
  private final int batch;
  private final Codec codec;
  private final String payload;
  private final Latencies latencies = new Latencies();
  private final Semaphore room;
  private final AtomicLong produced = new AtomicLong();
  private final AtomicLong completed = new AtomicLong();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CompletableFuture<Void> failed = new CompletableFuture<>();
  private final CompletableFuture<Void> exhausted = new CompletableFuture<>();
  private final List<CompletableFuture<Void>> producers = new ArrayList<>();
  private final List<CompletableFuture<Void>> consumers = new ArrayList<>();
  private final ConcurrentLinkedQueue<HttpConnection> connections = new ConcurrentLinkedQueue<>();
  private volatile boolean producing = true;
  private volatile boolean consuming = true;

  /// @param produceAt nodes, to which producers are spread evenly
  /// @param consumeAt nodes, to which consumers are
  /// @param batch items in each call
  Load(List<URI> produceAt, List<URI> consumeAt, String queue, LoadShape shape, int batch) {
    this.produceAt = produceAt;
    this.consumeAt = consumeAt;
    this.queue = queue;
    this.shape = shape;
    this.batch = batch;
    codec = shape.encoding().codec();
    boolean stamped = shape.mode() == Mode.DELIVERY;
    payload = "x".repeat(Math.max(0, shape.payloadBytes() - (stamped ? STAMP_BYTES : 0)));
    room = new Semaphore(shape.backlog(batch));
  }

  /// Makes what is to be there before anything is measured: items that are leased, and those that
  /// wait.
  void prepare() throws InterruptedException {
    int leased = shape.conditions().leased();
    if (leased > 0) {
      fill(leased);
      await(List.of(run(consumeAt.getFirst(), connection -> hold(connection, leased))), FILL);
    }
    if (shape.conditions().depth() > 0) {
      fill(shape.conditions().depth());
    }
  }

  private void fill(int count) throws InterruptedException {
    AtomicLong begun = new AtomicLong();
    List<CompletableFuture<Void>> fillers = new ArrayList<>();
    for (int i = 0; i < FILLERS; i++) {
      fillers.add(run(at(produceAt, i), connection -> fill(connection, count, begun)));
    }
    await(fillers, FILL);
  }

  /// @param begun how many items are produced by any filler, or are to be
  private void fill(HttpConnection connection, int count, AtomicLong begun) throws IOException {
    byte[] head = connection.head(Timed.PRODUCE.path(), codec.type());
    byte[] whole = codec.produce(produceRequest(FILL_BATCH));
    long left = count - begun.getAndAdd(FILL_BATCH);
    while (left > 0 && !failed.isDone()) {
      int items = (int) Math.min(FILL_BATCH, left);
      byte[] body = items == FILL_BATCH ? whole : codec.produce(produceRequest(items));
      check(Timed.PRODUCE, connection.post(head, body));
      left = count - begun.getAndAdd(FILL_BATCH);
    }
  }

  /// Leases items for longer than anything is measured.
  private void hold(HttpConnection connection, int count) throws IOException {
    byte[] head = connection.head(Timed.LEASE.path(), codec.type());
    for (int held = 0; held < count && !failed.isDone(); ) {
      byte[] lease = codec.lease(leaseRequest(Math.min(FILL_BATCH, count - held), "bench-holder"));
      Answer answer = connection.post(head, lease);
      check(Timed.LEASE, answer);
      held += codec.leased(answer.body(), false).getItemsCount();
    }
  }

  private QueueLeaseRequest leaseRequest(int items, String client) {
    return QueueLeaseRequest.newBuilder()
        .setQueueName(queue)
        .setBatchSize(items)
        .setClientId(client)
        .setRequestTimeout(LEASE_TIMEOUT)
        .build();
  }

  void start() {
    if (shape.mode().produces()) {
      for (int i = 0; i < shape.producers(); i++) {
        double offset = (double) i / shape.producers();
        producers.add(run(at(produceAt, i), connection -> produce(connection, offset)));
      }
    }
    if (shape.mode().consumes()) {
      for (int i = 0; i < shape.consumers(); i++) {
        String client = "bench-" + i;
        consumers.add(run(at(consumeAt, i), connection -> consume(connection, client)));
      }
    }
  }

  private static URI at(List<URI> nodes, int index) {
    return nodes.get(index % nodes.size());
  }

  /// What a thread does with its connection.
  private interface Work {
    void run(HttpConnection connection) throws IOException, InterruptedException;
  }

  private CompletableFuture<Void> run(URI node, Work work) {
    return CompletableFuture.runAsync(
        () -> {
          try (HttpConnection connection = new HttpConnection(node, SILENCE)) {
            connections.add(connection);
            work.run(connection);
          } catch (IOException e) {
            failed.completeExceptionally(
                new BenchException("no answer from " + node + ": " + e, e));
          } catch (InterruptedException e) {
            failed.completeExceptionally(new BenchException("interrupted", e));
          } catch (RuntimeException | Error e) {
            failed.completeExceptionally(e);
          }
        },
        threads);
  }

  private void produce(HttpConnection connection, double offset)
      throws IOException, InterruptedException {
    byte[] head = connection.head(Timed.PRODUCE.path(), codec.type());
    QueueProduceRequest request = produceRequest(batch);
    byte[] same = codec.produce(request);
    Pace pace = new Pace(shape.callsPerSecond(batch), offset, System.nanoTime());
    while (producing) {
      if (shape.isBalanced() && !room.tryAcquire(batch, ROOM_MILLIS, TimeUnit.MILLISECONDS)) {
        continue;
      }
      long due = pace.await();
      byte[] body = isSame() ? same : codec.produce(marked(request, due));
      Answer answer = connection.post(head, body);
      latencies.record(Timed.PRODUCE, System.nanoTime() - due);
      check(Timed.PRODUCE, answer);
      produced.addAndGet(batch);
    }
  }

  private boolean isSame() {
    return !shape.keyed() && shape.mode() != Mode.DELIVERY;
  }

  private QueueProduceRequest marked(QueueProduceRequest request, long due) {
    QueueProduceRequest.Builder marked = request.toBuilder();
    if (shape.keyed()) {
      marked.setIdempotencyKey(UUID.randomUUID().toString());
    }
    if (shape.mode() == Mode.DELIVERY) {
      String stamped = HexFormat.of().toHexDigits(due) + payload;
      marked.getItemsBuilderList().forEach(item -> item.setUtf8(stamped));
    }
    return marked.build();
  }

  private QueueProduceRequest produceRequest(int items) {
    QueueProduceRequest.Builder request =
        QueueProduceRequest.newBuilder().setQueueName(queue).setRequestTimeout(TIMEOUT);
    for (int i = 0; i < items; i++) {
      request.addItems(
          QueueProduceItem.newBuilder().setKind("bench").setReference("item").setUtf8(payload));
    }
    return request.build();
  }

  private void consume(HttpConnection connection, String client) throws IOException {
    byte[] leaseHead = connection.head(Timed.LEASE.path(), codec.type());
    byte[] completeHead = connection.head(Timed.COMPLETE.path(), codec.type());
    byte[] retryHead = connection.head(Timed.RETRY.path(), codec.type());
    byte[] lease = codec.lease(leaseRequest(batch, client));
    boolean stamped = shape.mode() == Mode.DELIVERY;
    while (consuming) {
      long begun = System.nanoTime();
      Answer answer = connection.post(leaseHead, lease);
      long leasedNanos = System.nanoTime();
      if (isEmpty(answer)) {
        continue;
      }
      check(Timed.LEASE, answer);
      latencies.record(Timed.LEASE, leasedNanos - begun);
      QueueLeaseResponse leased = codec.leased(answer.body(), stamped);
      if (stamped) {
        leased.getItemsList().forEach(item -> delivered(item, leasedNanos));
      }
      List<QueueLeaseItem> items = leased.getItemsList();
      if (shape.conditions().retried()) {
        List<QueueLeaseItem> first =
            items.stream().filter(item -> item.getAttempts() == 1).toList();
        items = items.stream().filter(item -> item.getAttempts() > 1).toList();
        if (!first.isEmpty()) {
          byte[] retry = codec.retry(retryRequest(leased.getPartition(), first));
          post(connection, Timed.RETRY, retryHead, retry);
        }
      }
      if (!items.isEmpty()) {
        byte[] complete = codec.complete(completeRequest(leased.getPartition(), items));
        post(connection, Timed.COMPLETE, completeHead, complete);
        completed(items.size());
      }
    }
  }

  private void post(HttpConnection connection, Timed kind, byte[] head, byte[] body)
      throws IOException {
    long begun = System.nanoTime();
    Answer answer = connection.post(head, body);
    latencies.record(kind, System.nanoTime() - begun);
    check(kind, answer);
  }

  private void delivered(QueueLeaseItem item, long nanos) {
    String stamp = item.getBytes().substring(0, STAMP_BYTES).toStringUtf8();
    latencies.record(Timed.DELIVERY, nanos - HexFormat.fromHexDigitsToLong(stamp));
  }

  private void completed(int items) {
    long all = completed.addAndGet(items);
    room.release(items);
    if (shape.mode() == Mode.CONSUME && all >= shape.conditions().depth()) {
      exhausted.complete(null);
    }
  }

  private QueueCompleteRequest completeRequest(int partition, List<QueueLeaseItem> items) {
    QueueCompleteRequest.Builder request =
        QueueCompleteRequest.newBuilder()
            .setQueueName(queue)
            .setPartition(partition)
            .setRequestTimeout(TIMEOUT);
    items.forEach(item -> request.addIds(item.getId()));
    return request.build();
  }

  private QueueRetryRequest retryRequest(int partition, List<QueueLeaseItem> items) {
    QueueRetryRequest.Builder request =
        QueueRetryRequest.newBuilder().setQueueName(queue).setPartition(partition);
    items.forEach(item -> request.addItems(QueueRetryItem.newBuilder().setId(item.getId())));
    return request.build();
  }

  private static boolean isEmpty(Answer answer) {
    return answer.status() == RETRY_REQUEST && text(answer).contains(NO_ITEMS);
  }

  private static void check(Timed kind, Answer answer) {
    if (answer.status() != OK) {
      throw new BenchException(
          "%s was answered %d: %s".formatted(kind.text(), answer.status(), text(answer)), null);
    }
  }

  private static String text(Answer answer) {
    return new String(answer.body(), UTF_8);
  }

  Latencies latencies() {
    return latencies;
  }

  /// Items that count, so far.
  long items() {
    return shape.mode().consumes() ? completed.get() : produced.get();
  }

  /// Whether nothing is left to measure.
  boolean isOver() {
    return exhausted.isDone();
  }

  /// Lets it work for a while, or until nothing is left.
  ///
  /// @throws BenchException if a worker has failed
  void pass(Duration time) throws InterruptedException {
    try {
      CompletableFuture.anyOf(failed, exhausted).get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // nothing has failed
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /// Ends the producers and the consumers. A load that [LoadShape#isBalanced] ends when everything
  /// that was produced is completed.
  ///
  /// @throws BenchException if they do not end, or a worker has failed
  void end() throws InterruptedException {
    producing = false;
    await(producers, DRAIN);
    if (shape.isBalanced()) {
      long deadlineNanos = System.nanoTime() + DRAIN.toNanos();
      while (completed.get() < produced.get() && System.nanoTime() - deadlineNanos < 0) {
        pass(Duration.ofMillis(ROOM_MILLIS));
      }
    }
    consuming = false;
    await(consumers, DRAIN);
    if (shape.isBalanced()
        && shape.conditions().depth() == 0
        && completed.get() != produced.get()) {
      throw new BenchException(
          "%d items were produced but %d completed".formatted(produced.get(), completed.get()),
          null);
    }
  }

  private void await(List<CompletableFuture<Void>> workers, Duration time)
      throws InterruptedException {
    CompletableFuture<Void> ended =
        CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new));
    try {
      CompletableFuture.anyOf(failed, ended).get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new BenchException("workers did not end within " + time, e);
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  private static BenchException failure(ExecutionException e) {
    Throwable cause = e.getCause();
    return cause instanceof BenchException known
        ? known
        : new BenchException("a worker failed: " + cause, cause);
  }

  /// Breaks off whatever is still under way.
  @Override
  public void close() {
    producing = false;
    consuming = false;
    for (HttpConnection connection : connections) {
      try {
        connection.close();
      } catch (IOException e) {
        throw new BenchException("cannot close a connection: " + e, e);
      }
    }
    threads.close();
  }
}

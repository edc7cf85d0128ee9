package io.querator.node.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.node.bench.HttpConnection.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
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
/// [#start] until [#drain]. What [#pass] and [#drain] throw is what the first of them met with.
final class Load implements AutoCloseable {
  private static final int OK = 200;
  private static final int RETRY_REQUEST = 454;
  private static final String NO_ITEMS = "no items are in the queue";
  private static final String TIMEOUT = "1m";
  private static final String LEASE_TIMEOUT = "500ms";
  private static final Duration SILENCE = Duration.ofSeconds(70);
  private static final Duration DRAIN = Duration.ofMinutes(2);
  private static final long ROOM_MILLIS = 100;

  private final URI node;
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
  private final List<CompletableFuture<Void>> producers = new ArrayList<>();
  private final List<CompletableFuture<Void>> consumers = new ArrayList<>();
  private final ConcurrentLinkedQueue<HttpConnection> connections = new ConcurrentLinkedQueue<>();
  private volatile boolean producing = true;
  private volatile boolean consuming = true;

  private Load(URI node, String queue, LoadShape shape, int batch) {
    this.node = node;
    this.queue = queue;
    this.shape = shape;
    this.batch = batch;
    codec = shape.encoding().codec();
    payload = "x".repeat(shape.payloadBytes());
    room = new Semaphore(shape.backlog(batch));
  }

  /// @param batch items in each call
  static Load start(URI node, String queue, LoadShape shape, int batch) {
    Load load = new Load(node, queue, shape, batch);
    for (int i = 0; i < shape.producers(); i++) {
      load.producers.add(load.run(load::produce));
    }
    for (int i = 0; i < shape.consumers(); i++) {
      String client = "bench-" + i;
      load.consumers.add(load.run(connection -> load.consume(connection, client)));
    }
    return load;
  }

  /// What a thread does with its connection.
  private interface Work {
    void run(HttpConnection connection) throws IOException, InterruptedException;
  }

  private CompletableFuture<Void> run(Work work) {
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

  private void produce(HttpConnection connection) throws IOException, InterruptedException {
    byte[] head = connection.head(CallKind.PRODUCE.path(), codec.type());
    QueueProduceRequest request = produceRequest();
    byte[] unkeyed = codec.produce(request);
    while (producing) {
      if (!room.tryAcquire(batch, ROOM_MILLIS, TimeUnit.MILLISECONDS)) {
        continue;
      }
      byte[] body =
          shape.keyed()
              ? codec.produce(
                  request.toBuilder().setIdempotencyKey(UUID.randomUUID().toString()).build())
              : unkeyed;
      long begun = System.nanoTime();
      Answer answer = connection.post(head, body);
      latencies.record(CallKind.PRODUCE, System.nanoTime() - begun);
      check(CallKind.PRODUCE, answer);
      produced.addAndGet(batch);
    }
  }

  private QueueProduceRequest produceRequest() {
    QueueProduceRequest.Builder request =
        QueueProduceRequest.newBuilder().setQueueName(queue).setRequestTimeout(TIMEOUT);
    for (int i = 0; i < batch; i++) {
      request.addItems(
          QueueProduceItem.newBuilder().setKind("bench").setReference("item").setUtf8(payload));
    }
    return request.build();
  }

  private void consume(HttpConnection connection, String client) throws IOException {
    byte[] leaseHead = connection.head(CallKind.LEASE.path(), codec.type());
    byte[] completeHead = connection.head(CallKind.COMPLETE.path(), codec.type());
    byte[] lease =
        codec.lease(
            QueueLeaseRequest.newBuilder()
                .setQueueName(queue)
                .setBatchSize(batch)
                .setClientId(client)
                .setRequestTimeout(LEASE_TIMEOUT)
                .build());
    while (consuming) {
      long begun = System.nanoTime();
      Answer answer = connection.post(leaseHead, lease);
      long leasedNanos = System.nanoTime();
      if (isEmpty(answer)) {
        continue;
      }
      check(CallKind.LEASE, answer);
      latencies.record(CallKind.LEASE, leasedNanos - begun);
      QueueLeaseResponse leased = codec.leased(answer.body());
      byte[] complete = codec.complete(completeRequest(leased));
      long completingNanos = System.nanoTime();
      Answer done = connection.post(completeHead, complete);
      latencies.record(CallKind.COMPLETE, System.nanoTime() - completingNanos);
      check(CallKind.COMPLETE, done);
      completed.addAndGet(leased.getItemsCount());
      room.release(leased.getItemsCount());
    }
  }

  private QueueCompleteRequest completeRequest(QueueLeaseResponse leased) {
    QueueCompleteRequest.Builder request =
        QueueCompleteRequest.newBuilder()
            .setQueueName(queue)
            .setPartition(leased.getPartition())
            .setRequestTimeout(TIMEOUT);
    for (QueueLeaseItem item : leased.getItemsList()) {
      request.addIds(item.getId());
    }
    return request.build();
  }

  private static boolean isEmpty(Answer answer) {
    return answer.status() == RETRY_REQUEST && text(answer).contains(NO_ITEMS);
  }

  private static void check(CallKind kind, Answer answer) {
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

  /// Items completed so far.
  long completed() {
    return completed.get();
  }

  /// Lets it work for a while.
  ///
  /// @throws BenchException if a worker has failed
  void pass(Duration time) throws InterruptedException {
    try {
      failed.get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // nothing has failed
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /// Ends the producers, and the consumers once they have completed everything that was produced.
  ///
  /// @throws BenchException if they do not, or a worker has failed
  void drain() throws InterruptedException {
    producing = false;
    await(producers);
    long deadlineNanos = System.nanoTime() + DRAIN.toNanos();
    while (completed.get() < produced.get() && System.nanoTime() - deadlineNanos < 0) {
      pass(Duration.ofMillis(ROOM_MILLIS));
    }
    consuming = false;
    await(consumers);
    if (completed.get() != produced.get()) {
      throw new BenchException(
          "%d items were produced but %d completed".formatted(produced.get(), completed.get()),
          null);
    }
  }

  private void await(List<CompletableFuture<Void>> workers) throws InterruptedException {
    CompletableFuture<Void> ended =
        CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new));
    try {
      CompletableFuture.anyOf(failed, ended).get(DRAIN.toMillis(), TimeUnit.MILLISECONDS);
      pass(Duration.ZERO);
    } catch (TimeoutException e) {
      throw new BenchException("workers did not end within " + DRAIN, e);
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

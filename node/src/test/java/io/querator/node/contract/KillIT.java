package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import io.querator.client.Call;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.StorageItem;
import io.querator.node.NodeProcess;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// A node that is killed under load again and again, while its database stays up: every item that
/// was acknowledged is there once, and none that was completed comes back.
class KillIT {
  private static final int KILLS = 20;
  private static final int PARTITIONS = 3;
  private static final int ACKNOWLEDGED_BETWEEN_KILLS = 25;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicInteger acknowledged = new AtomicInteger();

  /// Payloads whose produce was answered with 200.
  private final Set<String> produced = ConcurrentHashMap.newKeySet();

  /// Payloads whose produce was not answered, and not repeated.
  private final Set<String> perhapsProduced = ConcurrentHashMap.newKeySet();

  /// Payloads whose complete was answered with 200.
  private final Set<String> completed = ConcurrentHashMap.newKeySet();

  /// Payloads whose complete was not answered.
  private final Set<String> perhapsCompleted = ConcurrentHashMap.newKeySet();

  /// What must never happen.
  private final List<String> violations = java.util.Collections.synchronizedList(new ArrayList<>());

  @SuppressWarnings("NullAway.Init")
  private volatile NodeProcess node;

  @SuppressWarnings("NullAway.Init")
  private ApiClient api;

  @Test
  void losesNothingAndRevivesNothing() throws IOException, InterruptedException {
    Path directory = TestDirectories.create("kill");
    node = NodeProcess.start(directory).awaitReady();
    try (ApiClient client = new ApiClient(() -> node.uri())) {
      api = client;
      TestQueue queue =
          TestQueue.create(
              client,
              TestServer.freshName(),
              info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
      List<CompletableFuture<Void>> traffic = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        boolean keyed = i > 0;
        traffic.add(run(() -> produce(queue, keyed)));
        traffic.add(run(() -> consume(queue)));
      }

      for (int kill = 0; kill < KILLS; kill++) {
        int enough = acknowledged.get() + ACKNOWLEDGED_BETWEEN_KILLS;
        await().atMost(PATIENCE).until(() -> acknowledged.get() >= enough || ended(traffic));
        node.signal("KILL").awaitEnd();
        node.close();
        node = NodeProcess.start(directory).awaitReady();
      }
      stop.set(true);
      CompletableFuture.allOf(traffic.toArray(CompletableFuture[]::new)).join();

      assertThat(violations).isEmpty();
      assertRemaining(queue);
    } finally {
      stop.set(true);
      node.signal("TERM").awaitEnd();
      node.close();
    }
  }

  private static CompletableFuture<Void> run(Runnable task) {
    return CompletableFuture.runAsync(task, Thread.ofVirtual()::start);
  }

  private static boolean ended(List<CompletableFuture<Void>> traffic) {
    return traffic.stream().anyMatch(CompletableFuture::isDone);
  }

  // Traffic

  /// Repeats under its key until it is acknowledged, or does not.
  private void produce(TestQueue queue, boolean keyed) {
    while (!stop.get()) {
      List<String> payloads = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        payloads.add("item " + numbers.incrementAndGet());
      }
      QueueProduceRequest.Builder request = queue.produceRequest(payloads.toArray(String[]::new));
      if (keyed) {
        request.setIdempotencyKey(payloads.getFirst());
      }
      boolean done = false;
      while (!done) {
        Result result = call(Call.QUEUE_PRODUCE, request);
        done = !keyed || result.outcome() == Outcome.DONE;
        if (result.outcome() == Outcome.DONE) {
          produced.addAll(payloads);
          acknowledged.incrementAndGet();
        } else if (done && result.outcome() == Outcome.UNKNOWN) {
          perhapsProduced.addAll(payloads);
        }
      }
    }
  }

  private void consume(TestQueue queue) {
    while (!stop.get()) {
      Set<String> before = Set.copyOf(completed);
      Result leased = call(Call.QUEUE_LEASE, queue.leaseRequest(7, "500ms"));
      if (leased.outcome() == Outcome.DONE && leased.answer() != null) {
        complete(queue, leased.answer().as(QueueLeaseResponse.getDefaultInstance()), before);
      }
    }
  }

  private void complete(TestQueue queue, QueueLeaseResponse leased, Set<String> before) {
    List<String> payloads = TestQueue.payloads(leased);
    payloads.stream()
        .filter(before::contains)
        .forEach(payload -> violations.add("leased after it was completed: " + payload));
    var request =
        io.querator.client.message.QueueCompleteRequest.newBuilder()
            .setQueueName(queue.name())
            .setPartition(leased.getPartition())
            .setRequestTimeout("1m")
            .addAllIds(TestQueue.ids(leased));
    switch (call(Call.QUEUE_COMPLETE, request).outcome()) {
      case DONE -> {
        completed.addAll(payloads);
        acknowledged.incrementAndGet();
      }
      case UNKNOWN -> perhapsCompleted.addAll(payloads);
      case NOT_EXECUTED -> {}
    }
  }

  private enum Outcome {
    DONE,
    NOT_EXECUTED,
    UNKNOWN
  }

  private record Result(Outcome outcome, @Nullable Answer answer) {}

  private Result call(Call<?, ?> call, com.google.protobuf.MessageOrBuilder request) {
    try {
      Answer answer = api.later(call, request).get(30, TimeUnit.SECONDS);
      if (answer.ok()) {
        return new Result(Outcome.DONE, answer);
      }
      boolean unknown = "unknown".equals(answer.reply().getDetailsMap().get("outcome"));
      return new Result(unknown ? Outcome.UNKNOWN : Outcome.NOT_EXECUTED, answer);
    } catch (ExecutionException e) {
      boolean notSent = e.getCause() instanceof ConnectException;
      return new Result(notSent ? Outcome.NOT_EXECUTED : Outcome.UNKNOWN, null);
    } catch (TimeoutException e) {
      violations.add("not answered within 30 s: " + call.path());
      return new Result(Outcome.UNKNOWN, null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Result(Outcome.UNKNOWN, null);
    }
  }

  // What is left

  private void assertRemaining(TestQueue queue) {
    Map<String, Integer> remaining = new HashMap<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      queue.items(queue.listRequest().setPartition(partition)).stream()
          .map(StorageItem::getPayload)
          .map(ByteString::toStringUtf8)
          .forEach(payload -> remaining.merge(payload, 1, Integer::sum));
    }
    assertThat(produced.size()).isGreaterThan(KILLS * ACKNOWLEDGED_BETWEEN_KILLS);
    assertThat(completed).isNotEmpty();

    assertThat(remaining.values()).as("each once").allMatch(count -> count == 1);
    assertThat(remaining.keySet()).as("completed").doesNotContainAnyElementsOf(completed);
    Set<String> unaccounted = new java.util.TreeSet<>(produced);
    unaccounted.removeAll(remaining.keySet());
    unaccounted.removeAll(completed);
    unaccounted.removeAll(perhapsCompleted);
    assertThat(unaccounted).as("lost").isEmpty();
    Set<String> unknown = new java.util.TreeSet<>(remaining.keySet());
    unknown.removeAll(produced);
    unknown.removeAll(perhapsProduced);
    assertThat(unknown).as("from nowhere").isEmpty();
    assertThat(queue.total()).isEqualTo(remaining.size());
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageOrBuilder;
import io.querator.client.Call;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.StorageItem;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Producers and consumers of one queue that go on whatever happens to the server, and remember
/// what they were told: every item that was acknowledged must be there once, and none that was
/// completed may come back.
///
/// A call is answered within its timeout and [#MARGIN], and where it is refused, with 454; only a
/// complete may also come too late for its lease, and a node that hangs does not answer.
final class Traffic {
  /// How much longer than its timeout a call may take, on a machine that does other things too.
  static final Duration MARGIN = Duration.ofSeconds(5);

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ITEMS = 5;

  /// Between the produces of one producer while a test waits for more, and for [#BRISK_AFTER] then:
  /// whatever a test does to the nodes meets many calls under way.
  private static final Duration BRISK = Duration.ofMillis(20);

  private static final Duration BRISK_AFTER = Duration.ofSeconds(2);

  /// And at other times, so that nodes that start find a processor.
  private static final Duration CALM = Duration.ofMillis(150);

  /// After a call that found nobody listening.
  private static final Duration ABSENCE = Duration.ofMillis(20);

  private static final String LEASE_TIMEOUT = "500ms";
  private static final int REFUSED = 454;
  private static final int NOT_LEASED = 400;

  private final ApiClient api;
  private final TestQueue queue;
  private final int partitions;
  private final Duration timeout;
  private final List<CompletableFuture<Void>> callers = new ArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();

  /// As of [System#nanoTime].
  private volatile long briskUntil = System.nanoTime();

  private final AtomicInteger numbers = new AtomicInteger();
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger unknown = new AtomicInteger();
  private final AtomicInteger hangs = new AtomicInteger();

  /// Payloads whose produce was answered with 200.
  private final Set<String> produced = ConcurrentHashMap.newKeySet();

  /// Payloads whose produce was not answered, and not repeated.
  private final Set<String> perhapsProduced = ConcurrentHashMap.newKeySet();

  /// Payloads whose complete was answered with 200, and the how manieth answer that was.
  private final Map<String, Long> completed = new ConcurrentHashMap<>();

  private final AtomicLong completions = new AtomicLong();

  /// How many items were completed in each partition.
  private final AtomicLongArray completedIn;

  /// Payloads whose complete was not answered.
  private final Set<String> perhapsCompleted = ConcurrentHashMap.newKeySet();

  /// What must never happen.
  private final List<String> violations = Collections.synchronizedList(new ArrayList<>());

  /// @param partitions of `queue`
  /// @param timeout of produce and complete calls
  Traffic(ApiClient api, TestQueue queue, int partitions, Duration timeout) {
    this.api = api;
    this.queue = queue;
    this.partitions = partitions;
    completedIn = new AtomicLongArray(partitions);
    this.timeout = timeout;
  }

  /// Starts so many producers, of which all but the first repeat under a key until they are
  /// acknowledged, and as many consumers. They leave the processors some time.
  Traffic start(int pairs) {
    for (int i = 0; i < pairs; i++) {
      boolean keyed = i > 0;
      run(() -> produce(keyed, this::pause));
      run(this::consume);
    }
    return this;
  }

  /// Starts so many producers without keys, whose items go wherever there is a partition for them,
  /// and as many consumers. They take what the processors give.
  Traffic startUnkeyed(int pairs) {
    for (int i = 0; i < pairs; i++) {
      run(() -> produce(false, () -> Duration.ZERO));
      run(this::consume);
    }
    return this;
  }

  private void run(Runnable task) {
    callers.add(CompletableFuture.runAsync(task, Thread.ofVirtual()::start));
  }

  /// Lets the calls under way end, and then no more come.
  void stop() {
    stop.set(true);
    CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).join();
  }

  /// How many produces and completes were acknowledged.
  int acknowledged() {
    return acknowledged.get();
  }

  /// How many items were completed in a partition.
  long completedIn(int partition) {
    return completedIn.get(partition);
  }

  /// How many calls were answered with 454 and not executed, lease calls that found nothing too.
  int refused() {
    return refused.get();
  }

  /// How many calls were answered with 454 and an unknown outcome, or not at all.
  int unknown() {
    return unknown.get();
  }

  /// Waits until so many more are acknowledged.
  void awaitMore(int count) {
    int enough = acknowledged() + count;
    briskUntil = System.nanoTime() + PATIENCE.toNanos();
    await().atMost(PATIENCE).until(() -> acknowledged() >= enough || ended());
    briskUntil = System.nanoTime() + BRISK_AFTER.toNanos();
  }

  private Duration pause() {
    return briskUntil - System.nanoTime() > 0 ? BRISK : CALM;
  }

  /// Whether a caller has come to an end, which none does before [#stop] but by an error.
  boolean ended() {
    return callers.stream().anyMatch(CompletableFuture::isDone);
  }

  private void produce(boolean keyed, Supplier<Duration> pause) {
    while (!stop.get()) {
      LockSupport.parkNanos(pause.get().toNanos());
      List<String> payloads = new ArrayList<>();
      for (int i = 0; i < ITEMS; i++) {
        payloads.add("item " + numbers.incrementAndGet());
      }
      QueueProduceRequest.Builder request =
          queue.produceRequest(payloads.toArray(String[]::new)).setRequestTimeout(text());
      if (keyed) {
        request.setIdempotencyKey(payloads.getFirst());
      }
      boolean done = false;
      while (!done) {
        Result result = call(Call.QUEUE_PRODUCE, request, timeout);
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

  private void consume() {
    while (!stop.get()) {
      long before = completions.get();
      Result leased =
          call(Call.QUEUE_LEASE, queue.leaseRequest(7, LEASE_TIMEOUT), Duration.ofMillis(500));
      if (leased.outcome() == Outcome.DONE && leased.answer() != null) {
        complete(leased.answer().as(QueueLeaseResponse.getDefaultInstance()), before);
      }
    }
  }

  /// @param before how many completes were answered before the lease call began
  private void complete(QueueLeaseResponse leased, long before) {
    List<String> payloads = TestQueue.payloads(leased);
    payloads.stream()
        .filter(payload -> completed.getOrDefault(payload, Long.MAX_VALUE) <= before)
        .forEach(payload -> violations.add("leased after it was completed: " + payload));
    var request =
        QueueCompleteRequest.newBuilder()
            .setQueueName(queue.name())
            .setPartition(leased.getPartition())
            .setRequestTimeout(text())
            .addAllIds(TestQueue.ids(leased));
    switch (call(Call.QUEUE_COMPLETE, request, timeout).outcome()) {
      case DONE -> {
        long number = completions.incrementAndGet();
        payloads.forEach(payload -> completed.put(payload, number));
        completedIn.addAndGet(leased.getPartition(), payloads.size());
        acknowledged.incrementAndGet();
      }
      case UNKNOWN -> perhapsCompleted.addAll(payloads);
      case NOT_EXECUTED -> {}
    }
  }

  private String text() {
    return timeout.toMillis() + "ms";
  }

  private enum Outcome {
    DONE,
    NOT_EXECUTED,
    UNKNOWN
  }

  private record Result(Outcome outcome, @Nullable Answer answer) {}

  /// A node hangs from now on, to which nobody sends anything any more: who had sent something
  /// before may wait in vain.
  void hang() {
    hangs.incrementAndGet();
  }

  private Result call(Call<?, ?> call, MessageOrBuilder request, Duration within) {
    Duration most = within.plus(MARGIN);
    int hangsBefore = hangs.get();
    try {
      Answer answer = api.later(call, request).get(most.toMillis(), TimeUnit.MILLISECONDS);
      return answer.ok() ? new Result(Outcome.DONE, answer) : refused(call, answer);
    } catch (ExecutionException e) {
      boolean notSent = e.getCause() instanceof ConnectException;
      if (notSent) {
        LockSupport.parkNanos(ABSENCE.toNanos());
      }
      return counted(notSent ? Outcome.NOT_EXECUTED : Outcome.UNKNOWN, null);
    } catch (TimeoutException e) {
      if (hangs.get() == hangsBefore) {
        violations.add("not answered within " + most + ": " + call.path());
      }
      return counted(Outcome.UNKNOWN, null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return counted(Outcome.UNKNOWN, null);
    }
  }

  private Result refused(Call<?, ?> call, Answer answer) {
    boolean late = call == Call.QUEUE_COMPLETE && answer.status() == NOT_LEASED;
    if (answer.status() != REFUSED && !late) {
      violations.add(call.path() + " answered " + answer);
    }
    boolean unsure = "unknown".equals(answer.reply().getDetailsMap().get("outcome"));
    return counted(unsure ? Outcome.UNKNOWN : Outcome.NOT_EXECUTED, answer);
  }

  private Result counted(Outcome outcome, @Nullable Answer answer) {
    (outcome == Outcome.UNKNOWN ? unknown : refused).incrementAndGet();
    return new Result(outcome, answer);
  }

  /// What was acknowledged is there once or was completed, and nothing else is there. Nobody else
  /// may use the queue meanwhile.
  void assertNothingLost() {
    assertThat(violations).isEmpty();
    Map<String, Integer> remaining = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      queue.items(queue.listRequest().setPartition(partition)).stream()
          .map(StorageItem::getPayload)
          .map(ByteString::toStringUtf8)
          .forEach(payload -> remaining.merge(payload, 1, Integer::sum));
    }
    assertThat(completed).isNotEmpty();
    assertThat(remaining.values()).as("each once").allMatch(count -> count == 1);
    Set<String> revived = new TreeSet<>(remaining.keySet());
    revived.retainAll(completed.keySet());
    assertThat(revived).as("completed").isEmpty();
    Set<String> unaccounted = new TreeSet<>(produced);
    unaccounted.removeAll(remaining.keySet());
    unaccounted.removeAll(completed.keySet());
    unaccounted.removeAll(perhapsCompleted);
    assertThat(unaccounted).as("lost").isEmpty();
    Set<String> strange = new TreeSet<>(remaining.keySet());
    strange.removeAll(produced);
    strange.removeAll(perhapsProduced);
    assertThat(strange).as("from nowhere").isEmpty();
    // a partition that was opened lately may still be counting
    await().untilAsserted(() -> assertThat(queue.total()).isEqualTo(remaining.size()));
  }
}

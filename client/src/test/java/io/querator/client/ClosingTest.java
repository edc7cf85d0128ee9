package io.querator.client;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueStatsRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// How calls end early: the client is closed, the thread interrupted, or too many others are under
/// way.
class ClosingTest {
  private static final QueueProduceRequest PRODUCE =
      QueueProduceRequest.newBuilder().setQueueName("q").build();
  private static final QueueLeaseRequest LEASE =
      QueueLeaseRequest.newBuilder().setQueueName("q").setClientId("c").setBatchSize(1).build();
  private static final QueueStatsRequest STATS =
      QueueStatsRequest.newBuilder().setQueueName("q").build();

  private final ScriptedNode node = new ScriptedNode();
  private final QueratorClient client = QueratorClient.to(node.uri());
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();

  ClosingTest() throws IOException {}

  @AfterEach
  void close() {
    client.close();
    node.close();
    callers.shutdownNow();
  }

  @Test
  void endsLongPollsAtOnce() throws Exception {
    node.neverAnswers().neverAnswers();
    Future<QueratorException> first = callers.submit(() -> thrownBy(() -> client.lease(LEASE)));
    Future<QueratorException> second = callers.submit(() -> thrownBy(() -> client.lease(LEASE)));
    await().until(() -> node.received().size() == 2);

    client.close();

    assertThat(first.get(5, SECONDS)).hasMessage("call ended; the client is closed");
    assertThat(first.get().outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(second.get(5, SECONDS).code()).isEqualTo(QueratorException.NO_ANSWER);
  }

  @Test
  void closesTheConnectionOfALongPoll() throws Exception {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      QueratorClient polling =
          QueratorClient.to(URI.create("http://127.0.0.1:" + listener.getLocalPort()));
      Future<QueratorException> lease = callers.submit(() -> thrownBy(() -> polling.lease(LEASE)));
      try (Socket socket = listener.accept()) {
        socket.setSoTimeout(5_000);
        InputStream in = socket.getInputStream();
        assertThat(in.read()).isEqualTo('P');

        polling.close();

        assertThatCode(in::readAllBytes).doesNotThrowAnyException();
        assertThat(lease.get(5, SECONDS).outcome()).isEqualTo(Outcome.UNKNOWN);
      }
    }
  }

  @Test
  void letsOtherCallsFinish() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    node.succeedsAfter(gate);
    Future<?> produce = callers.submit(() -> client.produce(PRODUCE));
    await().until(() -> node.received().size() == 1);

    Future<?> closing = callers.submit(client::close);
    await().until(() -> refuses(client));
    assertThat(produce.isDone()).isFalse();
    gate.countDown();

    assertThat(produce.get(5, SECONDS)).isNull();
    closing.get(5, SECONDS);
  }

  @Test
  void endsTheOtherCallsWhenTheTimeToCloseIsOver() throws Exception {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri())).closeTimeout(Duration.ofMillis(50)).build();
    QueratorClient hasty = new QueratorClient(settings);
    node.neverAnswers();
    Future<QueratorException> produce =
        callers.submit(() -> thrownBy(() -> hasty.produce(PRODUCE)));
    await().until(() -> node.received().size() == 1);

    hasty.close();

    assertThat(produce.get(5, SECONDS).outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(node.received()).hasSize(1);
  }

  @Test
  void doesNotRepeatOnceItIsClosed() throws Exception {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri()))
            .backoff(new Backoff(Duration.ofMinutes(1), Duration.ofMinutes(1)))
            .requestTimeout(Duration.ofMinutes(10))
            .build();
    QueratorClient waiting = new QueratorClient(settings);
    node.isBusy(Outcome.NOT_EXECUTED);
    Future<QueratorException> produce =
        callers.submit(() -> thrownBy(() -> waiting.produce(PRODUCE)));
    await().until(() -> node.received().size() == 1);

    waiting.close();

    assertThat(produce.get(5, SECONDS).outcome()).isEqualTo(Outcome.NOT_EXECUTED);
    assertThat(node.received()).hasSize(1);
  }

  @Test
  void refusesCallsOnceItIsClosed() {
    client.close();
    client.close();

    QueratorException e = thrownBy(() -> client.produce(PRODUCE));

    assertThat(e).hasMessage("call not begun; the client is closed");
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_EXECUTED);
    assertThat(node.received()).isEmpty();
  }

  @Test
  void endsTheCallOfAnInterruptedThread() throws Exception {
    node.neverAnswers();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    CompletableFuture<QueratorException> thrown = new CompletableFuture<>();
    Thread caller =
        Thread.ofVirtual()
            .start(() -> {
              thrown.complete(thrownBy(() -> client.lease(LEASE)));
              interrupted.complete(Thread.currentThread().isInterrupted());
            });
    await().until(() -> node.received().size() == 1);

    caller.interrupt();

    assertThat(thrown.get(5, SECONDS)).hasMessage("call ended; its thread was interrupted");
    assertThat(thrown.get().outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(interrupted.get(5, SECONDS)).isTrue();
  }

  @Test
  void makesNoMoreCallsAtOnceThanItMay() throws Exception {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri()))
            .callsMax(2)
            .callTimeout(Duration.ofMillis(100))
            .build();
    try (QueratorClient narrow = new QueratorClient(settings)) {
      CountDownLatch gate = new CountDownLatch(1);
      node.succeedsAfter(gate).succeedsAfter(gate).succeeds();
      Future<?> first = callers.submit(() -> narrow.produce(PRODUCE));
      Future<?> second = callers.submit(() -> narrow.produce(PRODUCE));
      await().until(() -> node.received().size() == 2);

      QueratorException e = thrownBy(() -> narrow.stats(STATS));
      Future<?> third = callers.submit(() -> narrow.produce(PRODUCE));
      gate.countDown();

      assertThat(e).hasMessage("call not begun; 2 others are under way");
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_EXECUTED);
      first.get(5, SECONDS);
      second.get(5, SECONDS);
      third.get(5, SECONDS);
      assertThat(node.received()).hasSize(3);
    }
  }

  private static boolean refuses(QueratorClient client) {
    QueratorException e =
        thrownBy(() -> client.call(Call.QUEUE_STATS, STATS, Duration.ofMillis(10)));
    return e.getMessage() != null && e.getMessage().contains("closed");
  }

  private static QueratorException thrownBy(ThrowingCallable call) {
    return catchThrowableOfType(QueratorException.class, call);
  }
}

package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Message;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueStatsRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Which calls are sent again, after what, and for how long.
class RepetitionTest {
  private static final QueueProduceRequest PRODUCE =
      QueueProduceRequest.newBuilder().setQueueName("q").build();
  private static final QueueLeaseRequest LEASE =
      QueueLeaseRequest.newBuilder().setQueueName("q").setClientId("c").setBatchSize(1).build();
  private static final QueueCompleteRequest COMPLETE =
      QueueCompleteRequest.newBuilder().setQueueName("q").addIds("a").build();
  private static final QueueStatsRequest STATS =
      QueueStatsRequest.newBuilder().setQueueName("q").build();
  private static final Set<String> HARMFUL =
      Set.of("/v1/queue.lease", "/v1/queues.delete", "/v1/storage/items.import");

  private final ScriptedNode node = new ScriptedNode();
  private final QueratorClient client = QueratorClient.to(node.uri());

  RepetitionTest() throws IOException {}

  @AfterEach
  void close() {
    client.close();
    node.close();
  }

  @ParameterizedTest
  @MethodSource("io.querator.client.ClientMethod#all")
  void repeatsWhatWasNotExecuted(ClientMethod<?> method) {
    node.isBusy(Outcome.NOT_EXECUTED).isBusy(Outcome.NOT_EXECUTED).answers(method.answer());

    assertThat(method.run(client)).isEqualTo(method.answer());

    assertThat(node.received()).hasSize(3);
  }

  @ParameterizedTest
  @MethodSource("io.querator.client.ClientMethod#all")
  void repeatsWhatMayHaveBeenExecutedOnlyIfHarmless(ClientMethod<?> method) {
    node.isBusy(Outcome.UNKNOWN).answers(method.answer());

    if (HARMFUL.contains(method.call().path())) {
      QueratorException e = thrownBy(() -> method.run(client));

      assertThat(e.code()).isEqualTo(454);
      assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(node.received()).hasSize(1);
    } else {
      assertThat(method.run(client)).isEqualTo(method.answer());
      assertThat(node.received()).hasSize(2);
    }
  }

  @ParameterizedTest
  @MethodSource("io.querator.client.ClientMethod#all")
  void treatsALostAnswerAsAnUnknownOutcome(ClientMethod<?> method) {
    node.dropsTheConnection().answers(method.answer());

    if (HARMFUL.contains(method.call().path())) {
      QueratorException e = thrownBy(() -> method.run(client));

      assertThat(e.code()).isEqualTo(QueratorException.NO_ANSWER);
      assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(e)
          .hasCauseInstanceOf(IOException.class)
          .hasMessageContaining(node.uri().toString());
      assertThat(node.received()).hasSize(1);
    } else {
      assertThat(method.run(client)).isEqualTo(method.answer());
      assertThat(node.received()).hasSize(2);
    }
  }

  @Test
  void treatsABusyNodeThatSaysNoMoreAsAnUnknownOutcome() {
    node.refuses(454, "try again");

    QueratorException e = thrownBy(() -> client.lease(LEASE));

    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(node.received()).hasSize(1);
  }

  @Test
  void repeatsAProduceUnderTheSameKeyWithTheSameBytes() {
    node.isBusy(Outcome.UNKNOWN).dropsTheConnection().isBusy(Outcome.NOT_EXECUTED).succeeds();

    client.produce(PRODUCE);

    assertThat(node.received()).hasSize(4);
    byte[] first = node.received().getFirst().body();
    assertThat(node.received())
        .allSatisfy(received -> assertThat(received.body()).isEqualTo(first));
    assertThat(received(0, PRODUCE).getIdempotencyKey()).isNotEmpty();
  }

  @Test
  void repeatsAProduceWithoutKeyOnlyIfItWasNotExecuted() {
    ClientSettings settings = ClientSettings.builder(List.of(node.uri())).keys(false).build();
    try (QueratorClient keyless = new QueratorClient(settings)) {
      node.isBusy(Outcome.NOT_EXECUTED).isBusy(Outcome.UNKNOWN);

      QueratorException e = thrownBy(() -> keyless.produce(PRODUCE));

      assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(node.received()).hasSize(2);
    }
  }

  @Test
  void repeatsLeaseAndCompleteWithTheTimeThatRemains() {
    node.isBusy(Outcome.NOT_EXECUTED).answers(QueueLeaseResponse.getDefaultInstance());
    node.isBusy(Outcome.NOT_EXECUTED).succeeds();

    client.lease(LEASE, Duration.ofSeconds(30));
    client.complete(COMPLETE, Duration.ofSeconds(30));

    assertThat(received(0, LEASE).getRequestTimeout()).isEqualTo("30s");
    assertThat(GoDuration.parse(received(1, LEASE).getRequestTimeout()))
        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(30).minusMillis(10));
    assertThat(received(2, COMPLETE).getRequestTimeout()).isEqualTo("30s");
    assertThat(GoDuration.parse(received(3, COMPLETE).getRequestTimeout()))
        .isBetween(Duration.ofSeconds(1), Duration.ofSeconds(30).minusMillis(10));
  }

  @Test
  void doesNotBelieveARefusalAfterAnUnknownOutcome() {
    node.isBusy(Outcome.UNKNOWN).refuses(400, "invalid storage id; 'a' does not exist");

    QueratorException e = thrownBy(() -> client.complete(COMPLETE));

    assertThat(e.code()).isEqualTo(400);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void remembersAnUnknownOutcomeUntilTheTimeIsOver() {
    node.isBusy(Outcome.UNKNOWN);
    for (int i = 0; i < 1000; i++) {
      node.isBusy(Outcome.NOT_EXECUTED);
    }

    QueratorException e = thrownBy(() -> client.produce(PRODUCE, Duration.ofMillis(200)));

    assertThat(e.code()).isEqualTo(454);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void givesUpWhenTheTimeIsOver() {
    for (int i = 0; i < 1000; i++) {
      node.isBusy(Outcome.NOT_EXECUTED);
    }
    long start = System.nanoTime();

    QueratorException e = thrownBy(() -> client.lease(LEASE, Duration.ofMillis(300)));

    assertThat(e).hasMessage("try again");
    assertThat(e.outcome()).isEqualTo(Outcome.NOT_EXECUTED);
    assertThat(node.received()).hasSizeBetween(2, 30);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    assertThat(node.received())
        .allSatisfy(received -> {
          QueueLeaseRequest request = received.as(QueueLeaseRequest.parser());
          assertThat(GoDuration.parse(request.getRequestTimeout()))
              .isGreaterThan(Limits.REQUEST_TIMEOUT_MIN_EXCLUSIVE);
        });
  }

  @Test
  void waitsForTheRequestsTimeoutAndTheMarginAndNoLonger() {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri())).answerMargin(Duration.ofMillis(200)).build();
    try (QueratorClient hasty = new QueratorClient(settings)) {
      node.neverAnswers();
      long start = System.nanoTime();

      QueratorException e = thrownBy(() -> hasty.complete(COMPLETE, Duration.ofMillis(100)));

      Duration waited = Duration.ofNanos(System.nanoTime() - start);
      assertThat(waited).isBetween(Duration.ofMillis(290), Duration.ofSeconds(5));
      assertThat(e.code()).isEqualTo(QueratorException.NO_ANSWER);
      assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
      assertThat(e).hasMessageContaining("no answer from").hasMessageContaining("within");
      assertThat(node.received()).hasSize(1);
    }
  }

  @Test
  void waitsForTheTimeoutOfACall() {
    node.neverAnswers();

    QueratorException e =
        thrownBy(() -> client.call(Call.QUEUE_STATS, STATS, Duration.ofMillis(100)));

    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    assertThat(node.received()).hasSize(1);
  }

  @Test
  void repeatsWhileTheServiceIsShuttingDown() {
    node.refuses(453, "service is shutting down")
        .answers(QueueLeaseResponse.newBuilder().setPartition(3).build());

    assertThat(client.lease(LEASE).getPartition()).isEqualTo(3);
  }

  @Test
  void doesNotRepeatWhileAQueueIsShuttingDown() {
    node.refuses(453, "queue is shutting down");

    assertThat(thrownBy(() -> client.lease(LEASE)).code()).isEqualTo(453);

    assertThat(node.received()).hasSize(1);
  }

  @ParameterizedTest
  @EnumSource(
      value = Call.Repetition.class,
      names = {"HARMLESS", "HARMFUL"})
  void takesTheAnswerOfAGatewayForAnUnknownOutcome(Call.Repetition repetition) {
    node.answers(503, "text/html", "no node").answers(QueueLeaseResponse.getDefaultInstance());

    if (repetition == Call.Repetition.HARMLESS) {
      client.stats(STATS);
    } else {
      QueratorException e = thrownBy(() -> client.lease(LEASE));
      assertThat(e.code()).isEqualTo(503);
      assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
    }
  }

  @Test
  void goesRoundANodeThatIsNotThere() throws IOException {
    ClientSettings settings = ClientSettings.of(nowhere(), node.uri(), nowhere());
    try (QueratorClient spread = new QueratorClient(settings)) {
      for (int i = 0; i < 6; i++) {
        node.answers(QueueLeaseResponse.getDefaultInstance());
        spread.lease(LEASE);
      }
    }

    assertThat(node.received()).hasSize(6);
  }

  @Test
  void spreadsCallsOverTheNodes() throws IOException {
    try (ScriptedNode other = new ScriptedNode();
        QueratorClient spread = QueratorClient.to(node.uri(), other.uri())) {
      for (int i = 0; i < 3; i++) {
        node.succeeds();
        other.succeeds();
        spread.complete(COMPLETE);
        spread.complete(COMPLETE);
      }

      assertThat(node.received()).hasSize(3);
      assertThat(other.received()).hasSize(3);
    }
  }

  @Test
  void asksAnotherNodeWhenOneIsBusy() throws IOException {
    try (ScriptedNode other = new ScriptedNode();
        QueratorClient spread = QueratorClient.to(node.uri(), other.uri())) {
      node.isBusy(Outcome.NOT_EXECUTED);
      other.succeeds();

      spread.complete(COMPLETE);

      assertThat(node.received()).hasSize(1);
      assertThat(other.received()).hasSize(1);
    }
  }

  @Test
  void isCertainThatNothingWasExecutedWhereNoNodeIs() throws IOException {
    try (QueratorClient lost = QueratorClient.to(nowhere(), nowhere())) {
      QueratorException e = thrownBy(() -> lost.lease(LEASE, Duration.ofMillis(200)));

      assertThat(e.code()).isEqualTo(QueratorException.NO_ANSWER);
      assertThat(e.outcome()).isEqualTo(Outcome.NOT_EXECUTED);
      assertThat(e.details()).isEqualTo(Map.of());
      assertThat(e).hasMessageStartingWith("no answer from http://127.0.0.1:");
    }
  }

  @Test
  void declaresEachCallThatIsHarmful() {
    Set<String> harmful =
        Call.all().stream()
            .filter(call -> call.repetition() == Call.Repetition.HARMFUL)
            .map(Call::path)
            .collect(Collectors.toUnmodifiableSet());

    assertThat(harmful).isEqualTo(HARMFUL);
  }

  /// An address at which nobody listens.
  private static URI nowhere() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }
  }

  @SuppressWarnings("unchecked")
  private <M extends Message> M received(int index, M like) {
    return (M) node.received().get(index).as(like.getParserForType());
  }

  private static QueratorException thrownBy(ThrowingCallable call) {
    return catchThrowableOfType(QueratorException.class, call);
  }
}

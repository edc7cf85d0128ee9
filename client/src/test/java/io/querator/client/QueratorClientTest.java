package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Message;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueuesListRequest;
import io.querator.client.message.QueuesListResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is sent, and what is made of its answer.
class QueratorClientTest {
  private static final QueueProduceRequest PRODUCE =
      QueueProduceRequest.newBuilder().setQueueName("q").build();
  private static final QueueLeaseRequest LEASE =
      QueueLeaseRequest.newBuilder().setQueueName("q").setClientId("c").setBatchSize(1).build();
  private static final QueueCompleteRequest COMPLETE =
      QueueCompleteRequest.newBuilder().setQueueName("q").addIds("a").build();
  private static final QueueStatsRequest STATS =
      QueueStatsRequest.newBuilder().setQueueName("q").build();

  private final ScriptedNode node = new ScriptedNode();
  private final QueratorClient client = QueratorClient.to(node.uri());

  QueratorClientTest() throws IOException {}

  @AfterEach
  void close() {
    client.close();
    node.close();
  }

  @Test
  void hasAMethodForEachCall() {
    assertThat(ClientMethod.all().map(method -> method.call().path()))
        .containsExactlyInAnyOrderElementsOf(Call.all().stream().map(Call::path).toList());
  }

  @ParameterizedTest
  @MethodSource("io.querator.client.ClientMethod#all")
  void makesEachCall(ClientMethod<?> method) {
    node.answers(method.answer());

    Message answer = method.run(client);

    assertThat(answer).isEqualTo(method.answer());
    assertThat(node.received()).hasSize(1);
    ScriptedNode.Received received = node.received().getFirst();
    assertThat(received.method()).isEqualTo("POST");
    assertThat(received.path()).isEqualTo(method.call().path());
    assertThat(received.headers())
        .containsEntry("Content-type", List.of("application/protobuf"))
        .containsEntry("Accept", List.of("application/protobuf"));
    Message request = received.as(method.call().request().getParserForType());
    assertThat(request.getAllFields()).containsAllEntriesOf(method.request().getAllFields());
  }

  @Test
  void sendsACallAsItIs() {
    node.succeeds();

    assertThat(client.call(Call.QUEUE_PRODUCE, PRODUCE, Duration.ofSeconds(5)).getCode())
        .isEqualTo(200);

    assertThat(received(0, PRODUCE)).isEqualTo(PRODUCE);
  }

  @Test
  void givesEachProduceItsOwnKey() {
    Set<String> keys = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      node.succeeds();
      client.produce(PRODUCE);
      keys.add(received(i, PRODUCE).getIdempotencyKey());
    }

    assertThat(keys).hasSize(3).doesNotContain("");
  }

  @Test
  void keepsTheKeyOfTheCaller() {
    node.succeeds();

    client.produce(PRODUCE.toBuilder().setIdempotencyKey("mine").build());

    assertThat(received(0, PRODUCE).getIdempotencyKey()).isEqualTo("mine");
  }

  @Test
  void givesNoKeyIfToldSo() {
    ClientSettings settings = ClientSettings.builder(List.of(node.uri())).keys(false).build();
    try (QueratorClient keyless = new QueratorClient(settings)) {
      node.succeeds();

      keyless.produce(PRODUCE);
    }

    assertThat(received(0, PRODUCE).getIdempotencyKey()).isEmpty();
  }

  @Test
  void sendsTheTimeoutOfTheSettings() {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri())).requestTimeout(Duration.ofSeconds(90)).build();
    try (QueratorClient patient = new QueratorClient(settings)) {
      node.succeeds().answers(QueueLeaseResponse.getDefaultInstance()).succeeds();

      patient.produce(PRODUCE);
      patient.lease(LEASE);
      patient.complete(COMPLETE);
    }

    assertThat(received(0, PRODUCE).getRequestTimeout()).isEqualTo("1m30s");
    assertThat(received(1, LEASE).getRequestTimeout()).isEqualTo("1m30s");
    assertThat(received(2, COMPLETE).getRequestTimeout()).isEqualTo("1m30s");
  }

  @Test
  void sendsTheTimeoutOfTheCall() {
    node.succeeds().answers(QueueLeaseResponse.getDefaultInstance()).succeeds();

    client.produce(PRODUCE, Duration.ofMillis(1500));
    client.lease(LEASE, Duration.ofSeconds(2));
    client.complete(COMPLETE, Duration.ofHours(1));

    assertThat(received(0, PRODUCE).getRequestTimeout()).isEqualTo("1.5s");
    assertThat(received(1, LEASE).getRequestTimeout()).isEqualTo("2s");
    assertThat(received(2, COMPLETE).getRequestTimeout()).isEqualTo("1h0m0s");
  }

  @ParameterizedTest
  @ValueSource(strings = {"foo", "-1s", "0", "10ms", "16m", "2000000h"})
  void leavesItToTheNodeToRefuseATimeout(String timeout) {
    node.refuses(400, "request timeout is invalid");

    QueratorException e =
        thrownBy(() -> client.produce(PRODUCE.toBuilder().setRequestTimeout(timeout).build()));

    assertThat(e).hasMessage("request timeout is invalid");
    assertThat(received(0, PRODUCE).getRequestTimeout()).isEqualTo(timeout);
  }

  @Test
  void leasesNothingIfNothingCameInTime() {
    node.refuses(454, "request timeout; no items are in the queue, try again");

    QueueLeaseResponse response = client.lease(LEASE);

    assertThat(response.getQueueName()).isEqualTo("q");
    assertThat(response.getItemsList()).isEmpty();
    assertThat(node.received()).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "400,NOT_EXECUTED",
    "401,NOT_EXECUTED",
    "403,NOT_EXECUTED",
    "453,NOT_EXECUTED",
    "455,NOT_EXECUTED",
    "500,UNKNOWN",
    "501,NOT_EXECUTED",
    "499,UNKNOWN"
  })
  void throwsWhatTheNodeSays(int code, Outcome outcome) {
    node.refuses(code, "no; because", Map.of("ids", "a,b"));

    QueratorException e = thrownBy(() -> client.complete(COMPLETE));

    assertThat(e).hasMessage("no; because").hasNoCause();
    assertThat(e.code()).isEqualTo(code);
    assertThat(e.details()).containsExactly(Map.entry("ids", "a,b"));
    assertThat(e.outcome()).isEqualTo(outcome);
    assertThat(node.received()).hasSize(1);
  }

  @Test
  void saysWhatAStrangerAnswered() {
    node.answers(404, "text/html", "<html>" + "x".repeat(10_000));

    QueratorException e = thrownBy(() -> client.stats(STATS));

    assertThat(e.code()).isEqualTo(404);
    assertThat(e).hasMessageContaining("/v1/queue.stats: <html>xxx");
    assertThat(e.getMessage()).hasSizeLessThan(400);
  }

  @Test
  void doesNotTakeAnAnswerInAnotherTypeForSuccess() {
    node.answers(200, "application/json", "{\"code\":200}");

    QueratorException e = thrownBy(() -> client.complete(COMPLETE));

    assertThat(e.code()).isEqualTo(200);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void refusesAnUnreadableAnswer() {
    node.answers(200, "application/protobuf", new byte[] {10, 100});

    QueratorException e = thrownBy(() -> client.complete(COMPLETE));

    assertThat(e).hasMessage("unreadable answer").hasCauseInstanceOf(IOException.class);
    assertThat(e.outcome()).isEqualTo(Outcome.UNKNOWN);
  }

  @Test
  void refusesAnAnswerThatIsTooLarge() {
    ClientSettings settings =
        ClientSettings.builder(List.of(node.uri()))
            .answerBytesMax(1000)
            .callTimeout(Duration.ofMillis(300))
            .build();
    try (QueratorClient small = new QueratorClient(settings)) {
      byte[] page = new byte[1001];
      node.answers(200, "application/protobuf", page).answers(200, "application/protobuf", page);

      QueratorException e =
          thrownBy(() -> small.listQueues(QueuesListRequest.getDefaultInstance()));

      assertThat(e.code()).isEqualTo(QueratorException.NO_ANSWER);
      assertThat(e).hasMessageEndingWith("answer is larger than 1000 bytes");
      assertThat(node.received()).hasSize(1);
    }
  }

  @Test
  void readsALargeAnswer() {
    QueuesListResponse.Builder page = QueuesListResponse.newBuilder();
    for (int i = 0; i < 20_000; i++) {
      page.addItemsBuilder().setQueueName("queue-" + i).setReference("r".repeat(100));
    }
    node.answers(page.build());

    assertThat(client.listQueues(QueuesListRequest.getDefaultInstance()).getItemsCount())
        .isEqualTo(20_000);
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 503})
  void readsTheHealthOfANode(int status) {
    node.answers(status, "application/health+json", "{\"status\":\"…\"}");

    assertThat(client.health()).isEqualTo("{\"status\":\"…\"}");

    assertThat(node.received().getFirst().method()).isEqualTo("GET");
    assertThat(node.received().getFirst().path()).isEqualTo("/health");
  }

  @Test
  void failsIfNoHealthIsTold() {
    // The JDK itself repeats a GET whose connection is lost, once.
    node.answers(404, "text/plain", "?").dropsTheConnection().dropsTheConnection();

    assertThat(thrownBy(client::health).code()).isEqualTo(404);
    assertThat(thrownBy(client::health).code()).isEqualTo(QueratorException.NO_ANSWER);
  }

  @SuppressWarnings("unchecked")
  private <M extends Message> M received(int index, M like) {
    return (M) node.received().get(index).as(like.getParserForType());
  }

  private static QueratorException thrownBy(ThrowingCallable call) {
    return catchThrowableOfType(QueratorException.class, call);
  }
}

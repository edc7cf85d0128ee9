package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.querator.node.http.RawClient.Response;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How long connections live, and how many requests they carry.
class ConnectionIT {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(500);

  private static final TestApi API = new TestApi();
  private static HttpServer server;

  @BeforeAll
  static void start() {
    server = HttpServer.start(TestApi.settings(), API.api());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void keepsAConnectionForManyRequests() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      for (int i = 0; i < 200; i++) {
        Response answer =
            client.exchange(post(TestApi.INFO, "", "{\"queue_name\":\"q" + i + "\"}"));

        assertThat(answer.body()).isEqualTo("{\"queue_name\":\"q" + i + "\"}");
        assertThat(answer.keepsAlive()).isTrue();
      }
    }
  }

  @Test
  void answersPipelinedRequestsInTheirOrder() throws IOException {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      requests.append(post(TestApi.INFO, "", "{\"queue_name\":\"q" + i + "\"}"));
    }
    try (RawClient client = new RawClient(server.port())) {
      CompletableFuture<Void> sending =
          CompletableFuture.runAsync(() -> {
            try {
              client.send(requests.toString());
            } catch (IOException e) {
              throw new java.io.UncheckedIOException(e);
            }
          });

      for (int i = 0; i < 500; i++) {
        assertThat(client.read().body()).isEqualTo("{\"queue_name\":\"q" + i + "\"}");
      }
      sending.join();
    }
  }

  @Test
  void takesARequestByteByByte() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      for (byte b :
          post(TestApi.INFO, "", "{\"queue_name\":\"q\"}")
              .getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
        client.send(new byte[] {b});
      }

      assertThat(client.read().body()).isEqualTo("{\"queue_name\":\"q\"}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"close", "Close", "TE, close", "keep-alive, close"})
  void closesWhenTheClientWantsIt(String connection) throws IOException {
    String request = post(TestApi.INFO, "Connection: " + connection + "\r\n", "{}");
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.exchange(request + request);

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.keepsAlive()).isFalse();
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void answersAClientThatHasClosedItsHalf() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post(TestApi.INFO, "", "{\"queue_name\":\"q\"}")).shutdownOutput();

      assertThat(client.read().body()).isEqualTo("{\"queue_name\":\"q\"}");
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void speaksHttp10WithLoadBalancers() throws IOException {
    String body = "Host: x\r\nContent-Length: 2\r\n\r\n{}";
    try (RawClient client = new RawClient(server.port())) {
      Response kept =
          client.exchange(
              "POST " + TestApi.INFO + " HTTP/1.0\r\nConnection: keep-alive\r\n" + body);
      Response closed = client.exchange("POST " + TestApi.INFO + " HTTP/1.0\r\n" + body);

      assertThat(kept.status()).isEqualTo(200);
      assertThat(closed.status()).isEqualTo(200);
      assertThat(closed.keepsAlive()).isFalse();
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void servesOrdinaryClients() throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://localhost:" + server.port() + TestApi.INFO);
      for (HttpClient.Version version : HttpClient.Version.values()) {
        HttpRequest request =
            HttpRequest.newBuilder(uri)
                .version(version)
                .POST(HttpRequest.BodyPublishers.ofString("{\"queue_name\":\"q\"}"))
                .build();

        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"queue_name\":\"q\"}");
      }
    }
  }

  @Test
  void closesIdleConnections() throws IOException {
    try (HttpServer impatient = HttpServer.start(TestApi.impatient(SHORT, LONG, LONG), API.api());
        RawClient silent = new RawClient(impatient.port());
        RawClient used = new RawClient(impatient.port())) {
      assertThat(used.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);

      assertThat(silent.closedByServer()).isTrue();
      assertThat(used.closedByServer()).isTrue();
      await().until(() -> impatient.load().connections() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "P",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{",
        "POST /v1/unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{"
      })
  void closesConnectionsThatSendTooSlowly(String start) throws IOException {
    try (HttpServer impatient = HttpServer.start(TestApi.impatient(LONG, SHORT, LONG), API.api());
        RawClient client = new RawClient(impatient.port())) {
      client.send(start);

      await()
          .pollInterval(Duration.ofMillis(50))
          .until(() -> !drips(client) || impatient.load().connections() == 0);
      await().until(() -> impatient.load().connections() == 0);
    }
  }

  /// Sends one more byte, which is no excuse for being slow.
  private static boolean drips(RawClient client) {
    try {
      client.send("1");
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void doesNotHurryAHandlerOrAnIdleClient() throws IOException {
    try (HttpServer impatient = HttpServer.start(TestApi.impatient(LONG, SHORT, SHORT), API.api());
        RawClient waiting = new RawClient(impatient.port());
        RawClient idle = new RawClient(impatient.port());
        RawClient slow = new RawClient(impatient.port())) {
      waiting.send(post(TestApi.LEASE, "", "{\"client_id\":\"unhurried\"}"));
      idle.exchange(post(TestApi.INFO, "", "{}"));
      slow.send("POST");
      await().until(slow::closedByServer);

      API.answer("unhurried");

      assertThat(waiting.read().status()).isEqualTo(200);
      assertThat(idle.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
    }
  }

  @Test
  void closesConnectionsThatReadTooSlowly() throws IOException {
    try (HttpServer impatient = HttpServer.start(TestApi.impatient(LONG, LONG, SHORT), API.api());
        RawClient client = new RawClient(impatient.port(), 4096)) {
      client.send(post(TestApi.INFO, "", "{\"queue_name\":\"long:50000000\"}"));

      await().until(() -> impatient.load().bodyBytes() > 50_000_000);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> impatient.load().equals(new HttpLoad(0, 0, 0)));
    }
  }

  @Test
  void sendsLongAnswersToReadersThatTakeThem() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer =
          client.exchange(post(TestApi.INFO, "", "{\"queue_name\":\"long:50000000\"}"));

      assertThat(answer.bytes().length).isGreaterThan(50_000_000);
    }
  }

  @Test
  void keepsThousandsOfIdleConnections() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 2000; i++) {
        clients.add(new RawClient(server.port()));
      }
      await().until(() -> server.load().connections() >= 2000);

      for (RawClient client : clients) {
        assertThat(client.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
    await().until(() -> server.load().connections() == 0);
  }

  @Test
  void makesRoomWhenIdleConnectionsTakeAllPlaces() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try (HttpServer small = HttpServer.start(TestApi.small(20, 20, 1 << 20), API.api())) {
      for (int i = 0; i < 20; i++) {
        clients.add(new RawClient(small.port()));
      }

      try (RawClient late = new RawClient(small.port())) {
        assertThat(late.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void refusesCallsBeyondItsLimitButServesPages() throws IOException {
    try (HttpServer small = HttpServer.start(TestApi.small(100, 1, 1 << 20), API.api());
        RawClient waiting = new RawClient(small.port());
        RawClient other = new RawClient(small.port())) {
      waiting.send(post(TestApi.LEASE, "", "{\"client_id\":\"only\"}"));
      await().until(() -> small.load().calls() == 1);

      Response refused = other.exchange(post(TestApi.INFO, "", "{}"));
      Response page = other.exchange("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      API.answer("only");
      waiting.read();

      assertThat(refused.status()).isEqualTo(454);
      assertThat(refused.body()).contains("queue is overloaded; try again later", "not-executed");
      assertThat(page.status()).isEqualTo(200);
      assertThat(other.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
    }
  }

  @Test
  void finishesWhatIsUnderWayBeforeItCloses() throws IOException {
    HttpServer closing = HttpServer.start(TestApi.settings(), API.api());
    try (RawClient waiting = new RawClient(closing.port());
        RawClient idle = new RawClient(closing.port())) {
      idle.exchange(post(TestApi.INFO, "", "{}"));
      waiting.send(post(TestApi.LEASE, "", "{\"client_id\":\"closing\"}"));
      API.awaitWaiting("closing");

      CompletableFuture<Void> closed = CompletableFuture.runAsync(closing::close);
      assertThat(idle.closedByServer()).isTrue();
      API.answer("closing");

      Response answer = waiting.read();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.keepsAlive()).isFalse();
      closed.join();
    }
  }

  @Test
  void refusesAPortThatIsTaken() {
    HttpSettings free = TestApi.settings();
    HttpSettings taken =
        new HttpSettings(
            free.host(),
            server.port(),
            free.connectionsMax(),
            free.callsMax(),
            free.bodyBytesMax(),
            free.produceBody(),
            free.idleTimeout(),
            free.requestTimeout(),
            free.writeTimeout(),
            free.drainTimeout());

    assertThatThrownBy(() -> HttpServer.start(taken, API.api()))
        .hasMessageContaining("localhost:" + server.port())
        .hasRootCauseInstanceOf(BindException.class);
  }

  @Test
  void cutsOffHandlersThatDoNotEndInTime() throws IOException {
    HttpServer closing = HttpServer.start(TestApi.settings(), API.api());
    try (RawClient waiting = new RawClient(closing.port())) {
      waiting.send(post(TestApi.LEASE, "", "{\"client_id\":\"endless\"}"));
      API.awaitWaiting("endless");

      closing.close();

      assertThat(waiting.closedByServer()).isTrue();
      await().untilAsserted(() -> assertThat(API.disconnected).contains("endless"));
    }
  }

  @Test
  void closesAtOnceAConnectionWhoseLastHandlerWaited() throws IOException {
    HttpServer closing = HttpServer.start(TestApi.settings(), API.api());
    try (RawClient waited = new RawClient(closing.port())) {
      waited.send(post(TestApi.LEASE, "", "{\"client_id\":\"waited\"}"));
      API.answer("waited");
      assertThat(waited.read().status()).isEqualTo(200);

      CompletableFuture<Void> closed = CompletableFuture.runAsync(closing::close);

      assertThat(waited.closedByServer()).isTrue();
      assertThat(closed).succeedsWithin(TestApi.settings().drainTimeout());
    }
  }

  @Test
  void drainsByClosingConnectionsWithTheirNextAnswer() throws IOException {
    try (HttpServer draining = HttpServer.start(TestApi.settings(), API.api());
        RawClient client = new RawClient(draining.port())) {
      assertThat(client.exchange(post(TestApi.INFO, "", "{}")).keepsAlive()).isTrue();

      draining.drain();

      assertThat(client.exchange(post(TestApi.INFO, "", "{}")).keepsAlive()).isFalse();
      assertThat(client.closedByServer()).isTrue();
    }
  }
}

package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a handler that waits learns of its client, and what becomes of the connection afterwards.
class DisconnectIT {
  private static final Duration SOON = Duration.ofSeconds(1);

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
  void tellsAHandlerThatItsClientHasGone() throws IOException {
    waiting("gone").close();

    await().atMost(SOON).untilAsserted(() -> assertThat(API.disconnected).contains("gone"));
    await().until(() -> !API.waiting.containsKey("gone"));
  }

  @Test
  void tellsAHandlerOfAReset() throws IOException {
    waiting("reset").resetOnClose().close();

    await().atMost(SOON).untilAsserted(() -> assertThat(API.disconnected).contains("reset"));
  }

  @Test
  void takesAHalfClosedConnectionForGoneButAnswersIt() throws IOException {
    try (RawClient client = waiting("half")) {
      client.shutdownOutput();

      await().atMost(SOON).untilAsserted(() -> assertThat(API.disconnected).contains("half"));
      assertThat(client.read().status()).isEqualTo(454);
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void keepsTheConnectionAfterAWait() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      for (int i = 0; i < 20; i++) {
        String id = "again-" + i;
        client.send(post(TestApi.LEASE, "", "{\"client_id\":\"" + id + "\"}"));
        API.answer(id);

        assertThat(client.read().body()).contains(id);
        assertThat(
                client.exchange(post(TestApi.INFO, "", "{\"queue_name\":\"q" + i + "\"}")).body())
            .contains("q" + i);
      }
    }
    assertThat(API.disconnected).noneMatch(id -> id.startsWith("again"));
  }

  @Test
  void answersRequestsThatWereSentDuringAWaitInTheirOrder() throws IOException {
    try (RawClient client = waiting("pipelined")) {
      StringBuilder next = new StringBuilder();
      for (int i = 0; i < 50; i++) {
        next.append(post(TestApi.INFO, "", "{\"queue_name\":\"q" + i + "\"}"));
      }
      client.send(next.toString());
      API.answer("pipelined");

      assertThat(client.read().body()).contains("pipelined");
      for (int i = 0; i < 50; i++) {
        assertThat(client.read().body()).isEqualTo("{\"queue_name\":\"q" + i + "\"}");
      }
    }
    assertThat(API.disconnected).doesNotContain("pipelined");
  }

  @Test
  void noticesTheEndBehindPipelinedRequests() throws IOException {
    try (RawClient client = waiting("behind")) {
      client.send(post(TestApi.INFO, "", "{}")).shutdownOutput();

      await().atMost(SOON).untilAsserted(() -> assertThat(API.disconnected).contains("behind"));
      assertThat(client.read().status()).isEqualTo(454);
      assertThat(client.read().status()).isEqualTo(200);
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void readsNoMoreThanItMayKeepDuringAWait() throws IOException {
    try (RawClient client = waiting("greedy")) {
      int requests = 3000;
      String next = post(TestApi.INFO, "", "{\"queue_name\":\"" + "q".repeat(200) + "\"}");
      Thread sender =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  client.send(next.repeat(requests));
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      API.answer("greedy");

      assertThat(client.read().body()).contains("greedy");
      for (int i = 0; i < requests; i++) {
        assertThat(client.read().status()).isEqualTo(200);
      }
      await().until(() -> !sender.isAlive());
    }
  }

  @Test
  void noticesHundredsOfClientsAtOnce() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      clients.add(waiting("many-" + i));
    }

    for (RawClient client : clients) {
      client.close();
    }

    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(() ->
            assertThat(API.disconnected).filteredOn(id -> id.startsWith("many-")).hasSize(300));
    await().untilAsserted(() -> assertThat(server.load()).isEqualTo(new HttpLoad(0, 0, 0)));
  }

  private static RawClient waiting(String id) throws IOException {
    RawClient client = new RawClient(server.port());
    client.send(post(TestApi.LEASE, "", "{\"client_id\":\"" + id + "\"}"));
    API.awaitWaiting(id);
    return client;
  }
}

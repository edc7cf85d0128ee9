package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.http.RawClient.Response;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is no HTTP, or only nearly. Repeat a failure of the random part with `-Dseed=`.
class MalformedRequestIT {
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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "garbage\r\n\r\n",
        "\r\n\r\n",
        "POST\r\n\r\n",
        "POST\r\n",
        "{}POST /v1/queues.info HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/queues.info\r\n\r\n",
        "POST /v1/queues.info HTTP/2.0\r\nHost: x\r\n\r\n",
        "POST /v1/queues.info HTTP/0.9\r\nHost: x\r\n\r\n",
        "POST  HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\nHost: x\n\n",
        "POST /v1/queues.info HTTP/1.1\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\n folded: x\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nA B: x\r\n\r\n",
        "POST /v1/queues.info HTTP/1.1\r\nHost: x\r\nA: \u0000\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
      })
  void refusesWhatIsNotHttp(String request) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.exchange(request);

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(answer.body())
          .startsWith(
              "{\"code\":400,\"code_text\":\"Bad Request\",\"message\":\"http request is invalid; ");
      assertThat(answer.keepsAlive()).isFalse();
      assertThat(client.shutdownOutput().closedByServer()).isTrue();
    }
  }

  @Test
  void refusesALongRequestLine() throws IOException {
    refusesWhatIsNotHttp("POST /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  @Test
  void refusesAFloodOfHeaders() throws IOException {
    refusesWhatIsNotHttp("POST / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n".repeat(20_000) + "\r\n");
    refusesWhatIsNotHttp("POST / HTTP/1.1\r\nHost: x\r\nA: " + "b".repeat(1_000_000) + "\r\n\r\n");
    refusesWhatIsNotHttp("POST / HTTP/1.1\r\nHost: x\r\n" + "b".repeat(1_000_000));
  }

  @Test
  void showsAForeignPathAsItCanBeShown() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer =
          client
              .send(
                  "POST /<\"é> HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                      .getBytes(ISO_8859_1))
              .read();

      assertThat(answer.status()).isEqualTo(501);
      assertThat(answer.body()).contains("no such method; /<\\\"");
    }
  }

  @Test
  void refusesDeepNesting() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer =
          client.exchange(post(TestApi.PRODUCE, "", "{\"items\":" + "[".repeat(1_000_000)));

      assertThat(answer.status()).isEqualTo(455);
      assertThat(answer.body()).contains("\"message\":\"proto: ");
      assertThat(client.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
    }
  }

  @Test
  void survivesDamagedRequests() throws IOException {
    Long given = Long.getLong("seed");
    long seed = given != null ? given : new Random().nextLong();
    Random random = new Random(seed);
    byte[] good =
        (post(
                    TestApi.INFO,
                    "Content-Type: application/json\r\nAccept: application/json\r\n",
                    "{\"queue_name\":\"q\"}")
                + "POST "
                + TestApi.PRODUCE
                + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "b\r\n{\"items\":[{\r\n3\r\n}]}\r\n0\r\n\r\n"
                + "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .getBytes(UTF_8);
    for (int i = 0; i < 1500; i++) {
      byte[] request = damage(good, random);
      try (RawClient client = new RawClient(server.port())) {
        client.send(request).shutdownOutput();
        answersAreNoFailures(
            client, "seed " + seed + ", request " + i + ": " + new String(request, UTF_8));
      } catch (SocketException e) {
        // the server may close while the rest of the garbage is on its way
        assertThat(e.getMessage()).containsAnyOf("reset", "Broken pipe");
      }
    }
    await().untilAsserted(() -> assertThat(server.load()).isEqualTo(new HttpLoad(0, 0, 0)));
    try (RawClient client = new RawClient(server.port())) {
      assertThat(client.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
    }
  }

  private static void answersAreNoFailures(RawClient client, String what) throws IOException {
    try {
      for (int i = 0; i < 10; i++) {
        Response answer = client.read();
        assertThat(answer.status() == 501 || answer.status() < 500)
            .as("%s: %s", what, answer.statusLine())
            .isTrue();
      }
    } catch (EOFException e) {
      // closed after its last answer
    }
  }

  private static byte[] damage(byte[] good, Random random) {
    byte[] bytes = good.clone();
    byte[] likely = " \r\n:;,{}[]\"/0\u0000\u00ff%?#".getBytes(ISO_8859_1);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at + 1);
        case 1 -> {
          int from = random.nextInt(bytes.length);
          byte[] cut = new byte[bytes.length - Math.min(bytes.length - from, random.nextInt(8))];
          System.arraycopy(bytes, 0, cut, 0, Math.min(from, cut.length));
          System.arraycopy(
              bytes,
              bytes.length - (cut.length - Math.min(from, cut.length)),
              cut,
              Math.min(from, cut.length),
              cut.length - Math.min(from, cut.length));
          bytes = cut.length == 0 ? good.clone() : cut;
        }
        case 2 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        default -> bytes[at] = likely[random.nextInt(likely.length)];
      }
    }
    return bytes;
  }
}

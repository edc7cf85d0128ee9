package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.http.RawClient.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies at and over their limits, sized and in chunks.
class BodyLimitIT {
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
  @CsvSource({
    TestApi.INFO + ",256000,250.0KiB",
    TestApi.PRODUCE + ",5000000,5.0MB",
    TestApi.IMPORT + ",64000000,61.0MiB"
  })
  void refusesABodyOneByteOverItsLimit(String path, int limit, String text) throws IOException {
    byte[] largest = json(limit);
    byte[] tooLarge = json(limit + 1);

    try (RawClient client = new RawClient(server.port())) {
      assertThat(client.send(sized(path, largest.length)).send(largest).read().status())
          .isEqualTo(200);
      assertThat(client.send(chunkedHead(path)).send(chunks(largest, 100_000)).read().status())
          .isEqualTo(200);
      assertThat(client.send(sized(path, largest.length)).send(largest).read().status())
          .isEqualTo(200);
    }
    try (RawClient client = new RawClient(server.port())) {
      refused(client.send(sized(path, tooLarge.length)).read(), text);
    }
    try (RawClient client = new RawClient(server.port())) {
      refused(client.send(chunkedHead(path)).send(chunks(tooLarge, 100_000)).read(), text);
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void doesNotWaitForAChunkThatIsTooLarge() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.send(chunkedHead(TestApi.INFO)).send("7fffffff\r\n{").read();

      refused(answer, "250.0KiB");
    }
  }

  @Test
  void refusesAnAnnouncedLengthBeyondEveryNumber() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      refused(client.send(sized(TestApi.INFO, Long.MAX_VALUE / 10)).read(), "250.0KiB");
    }
  }

  @Test
  void sendsTheRefusalOfAHugeBodyToAClientThatOnlyWrites() throws IOException {
    byte[] body = json(20_000_000);

    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.send(sized(TestApi.INFO, body.length)).send(body).read();

      refused(answer, "250.0KiB");
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void keepsTheConnectionAfterASmallBodyThatNobodyRead() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response unknown = client.exchange(post("/v1/unknown", "", "x".repeat(60_000)));
      Response next = client.exchange(post(TestApi.INFO, "", "{}"));

      assertThat(unknown.status()).isEqualTo(501);
      assertThat(unknown.keepsAlive()).isTrue();
      assertThat(next.status()).isEqualTo(200);
    }
  }

  @Test
  void closesAfterALargeBodyThatNobodyRead() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response unknown = client.exchange(post("/v1/unknown", "", "x".repeat(70_000)));

      assertThat(unknown.status()).isEqualTo(501);
      assertThat(unknown.keepsAlive()).isFalse();
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void asksForABodyOnlyIfItWantsIt() throws IOException {
    String expect = "Expect: 100-continue\r\n";
    try (RawClient client = new RawClient(server.port())) {
      client.send(
          "POST "
              + TestApi.INFO
              + " HTTP/1.1\r\nHost: x\r\n"
              + expect
              + "Content-Length: 2\r\n\r\n");
      Response proceed = client.read();
      Response answer = client.exchange("{}");

      assertThat(proceed.status()).isEqualTo(100);
      assertThat(answer.status()).isEqualTo(200);
    }
    try (RawClient client = new RawClient(server.port())) {
      client.send(
          "POST "
              + TestApi.INFO
              + " HTTP/1.1\r\nHost: x\r\n"
              + expect
              + "Content-Length: 256001\r\n\r\n");

      refused(client.read(), "250.0KiB");
    }
  }

  @Test
  void readsChunksOfEverySizeAndIgnoresExtensions() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      String body =
          "1;name=value\r\n{\r\nA ; x\r\n\"queueName\r\n1\r\n\"\r\n5\r\n:\"q\"}\r\n0;last\r\n\r\n";

      Response answer = client.send(chunkedHead(TestApi.INFO)).exchange(body);

      assertThat(answer.body()).isEqualTo("{\"queue_name\":\"q\"}");
      assertThat(client.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\n{}\r\n",
        "-1\r\n{}\r\n",
        "\r\n\r\n",
        "2\n{}\n0\n\n",
        "2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n",
        "fffffffff\r\n"
      })
  void refusesMalformedChunks(String body) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.send(chunkedHead(TestApi.INFO)).exchange(body);

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("http request is invalid; ");
      assertThat(client.shutdownOutput().closedByServer()).isTrue();
    }
  }

  @Test
  void refusesAnEndlessChunkLine() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.send(chunkedHead(TestApi.INFO)).exchange("1;" + "x".repeat(10_000));

      assertThat(answer.status()).isEqualTo(400);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: Chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n",
        "Content-Length: 2\r\nContent-Length: 2\r\n",
        "Content-Length: 2, 2\r\n",
        "Content-Length: +2\r\n",
        "Content-Length: -2\r\n",
        "Content-Length: 0x2\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: \r\n",
        "Content-Encoding: gzip\r\nContent-Length: 2\r\n"
      })
  void refusesABodyOfAmbiguousLength(String headers) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer =
          client.exchange("POST " + TestApi.INFO + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n{}");

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      assertThat(answer.body()).contains("\"code\":400", "http request is invalid; ");
      assertThat(client.shutdownOutput().closedByServer()).isTrue();
    }
  }

  @Test
  void noticesAClientThatGoesInTheMiddleOfABody() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(sized(TestApi.INFO, 1000)).send("{").shutdownOutput();

      assertThat(client.closedByServer()).isTrue();
    }
    await().untilAsserted(() -> assertThat(server.load()).isEqualTo(new HttpLoad(0, 0, 0)));
  }

  @Test
  void refusesBodiesBeyondTheBudgetAndRecovers() throws IOException {
    byte[] half = json(4_500_000);
    try (HttpServer tight = HttpServer.start(TestApi.small(100, 100, 6_000_000), API.api());
        RawClient holder = new RawClient(tight.port());
        RawClient other = new RawClient(tight.port())) {
      holder.send(sized(TestApi.PRODUCE, half.length)).send(Arrays.copyOf(half, half.length - 1));
      await().until(() -> tight.load().bodyBytes() > 4_000_000);

      Response refused = other.send(sized(TestApi.PRODUCE, half.length)).send(half).read();

      assertThat(refused.status()).isEqualTo(454);
      assertThat(refused.body())
          .contains(
              "\"message\":\"queue is overloaded; try again later\",\"details\":{\"outcome\":\"not-executed\"}");
      assertThat(other.closedByServer()).isTrue();
      try (RawClient small = new RawClient(tight.port())) {
        assertThat(small.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
      }
      assertThat(
              holder.send(Arrays.copyOfRange(half, half.length - 1, half.length)).read().status())
          .isEqualTo(200);
      await().until(() -> tight.load().bodyBytes() == 0);
    }
  }

  @Test
  void chargesTheBudgetForTheItemsOfAnImport() throws IOException {
    String items = "{\"items\":[" + "{},".repeat(200_000) + "{}]}";
    try (HttpServer tight = HttpServer.start(TestApi.small(100, 100, 10_000_000), API.api());
        RawClient client = new RawClient(tight.port())) {
      Response answer = client.exchange(post(TestApi.IMPORT, "", items));

      assertThat(answer.status()).isEqualTo(454);
      await().until(() -> tight.load().bodyBytes() == 0);
    }
  }

  private static void refused(Response answer, String limit) {
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("\"message\":\"request body exceeds " + limit + " limit\"");
    assertThat(answer.keepsAlive()).isFalse();
  }

  private static String sized(String path, long length) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n";
  }

  private static String chunkedHead(String path) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  }

  /// An empty message, and spaces.
  private static byte[] json(int length) {
    byte[] body = new byte[length];
    Arrays.fill(body, (byte) ' ');
    body[0] = '{';
    body[length - 1] = '}';
    return body;
  }

  private static byte[] chunks(byte[] body, int largest) {
    Random random = new Random(1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int at = 0;
    while (at < body.length) {
      int size = Math.min(body.length - at, 1 + random.nextInt(largest));
      out.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(US_ASCII));
      out.write(body, at, size);
      out.writeBytes("\r\n".getBytes(US_ASCII));
      at += size;
    }
    out.writeBytes("0\r\n\r\n".getBytes(US_ASCII));
    return out.toByteArray();
  }
}

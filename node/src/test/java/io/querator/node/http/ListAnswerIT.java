package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.util.JsonFormat;
import io.querator.client.message.StorageItemsListResponse;
import io.querator.node.http.RawClient.Response;
import java.io.EOFException;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Lists of any length.
class ListAnswerIT {
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
  @ValueSource(ints = {0, 1, 2, 1000, 3000, 100_000})
  void sendsEveryElementInBothEncodings(int count) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response json = client.exchange(list("q", count, ""));
      Response protobuf = client.exchange(list("q", count, "Accept: application/protobuf\r\n"));

      StorageItemsListResponse.Builder read = StorageItemsListResponse.newBuilder();
      JsonFormat.parser().merge(json.body(), read);
      assertThat(read.build()).isEqualTo(expected(count));
      assertThat(StorageItemsListResponse.parseFrom(protobuf.bytes())).isEqualTo(expected(count));
      assertThat(json.header("Content-Type")).isEqualTo("application/json");
      assertThat(protobuf.header("Content-Type")).isEqualTo("application/protobuf");
      assertThat(json.header("X-Content-Type-Options")).isEqualTo("nosniff");
      assertThat(json.header("Transfer-Encoding")).isEqualTo(count > 2000 ? "chunked" : "");
    }
  }

  @Test
  void writesAnEmptyListAsNothing() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      assertThat(client.exchange(list("q", 0, "")).body()).isEqualTo("{}");
      assertThat(client.exchange(list("q", 0, "Accept: application/protobuf\r\n")).bytes())
          .isEmpty();
    }
  }

  @Test
  void answersAnErrorAsLongAsNothingWasSent() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response refused = client.exchange(list("refuse", 10, ""));
      Response failed = client.exchange(list("crash", 10, ""));

      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body()).contains("\"message\":\"refused on purpose\"");
      assertThat(failed.status()).isEqualTo(500);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"refuse", "crash"})
  void cutsAListThatFailsInTheMiddle(String queue) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(list(queue, 10_000, ""));

      assertThatThrownBy(client::read).isInstanceOf(EOFException.class);
    }
  }

  @Test
  void closesAfterAListIfTheClientWantsIt() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.exchange(list("q", 10_000, "Connection: close\r\n"));

      assertThat(answer.keepsAlive()).isFalse();
      assertThat(client.closedByServer()).isTrue();
    }
  }

  @Test
  void sendsNoChunksToHttp10() throws IOException {
    String request = list("q", 10_000, "").replace("HTTP/1.1", "HTTP/1.0");
    try (RawClient client = new RawClient(server.port())) {
      Response answer = client.exchange(request);

      assertThat(answer.header("Content-Length"))
          .isEqualTo(Integer.toString(answer.bytes().length));
      assertThat(answer.header("Transfer-Encoding")).isEmpty();
      assertThat(new String(answer.bytes(), UTF_8)).endsWith("]}");
    }
  }

  @Test
  void stopsWhenTheClientGoes() throws IOException {
    try (RawClient client = new RawClient(server.port(), 4096)) {
      client.send(list("q", 50_000_000, ""));
      await().until(() -> server.load().calls() == 1);
    }

    await().untilAsserted(() -> assertThat(server.load()).isEqualTo(new HttpLoad(0, 0, 0)));
  }

  private static String list(String queue, int count, String headers) {
    return post(
        TestApi.LIST, headers, "{\"queue_name\":\"" + queue + "\",\"limit\":" + count + "}");
  }

  private static StorageItemsListResponse expected(int count) {
    StorageItemsListResponse.Builder all = StorageItemsListResponse.newBuilder();
    for (int i = 0; i < count; i++) {
      all.addItems(TestApi.listedItem(i));
    }
    return all.build();
  }
}

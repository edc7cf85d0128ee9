package io.querator.node.http;

import static io.querator.node.http.RawClient.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.client.message.Reply;
import io.querator.node.http.RawClient.Response;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The order of checks, headers and texts, on one connection.
class HttpServerIT {
  private static final TestApi API = new TestApi();
  private static HttpServer server;

  private RawClient client;

  @BeforeAll
  static void start() {
    server = HttpServer.start(TestApi.settings(), API.api());
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void connect() throws IOException {
    API.contexts.clear();
    API.observed.clear();
    client = new RawClient(server.port());
  }

  @AfterEach
  void disconnect() throws IOException {
    client.close();
  }

  @Test
  void answersACallInJson() throws IOException {
    Response answer = client.exchange(post(TestApi.INFO, "", "{\"queue_name\":\"q\"}"));

    assertThat(answer.statusLine()).isEqualTo("HTTP/1.1 200 OK");
    assertThat(answer.body()).isEqualTo("{\"queue_name\":\"q\"}");
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("Content-Length")).isEqualTo("18");
    assertThat(API.observed).containsExactly(TestApi.INFO + " 200");
  }

  @Test
  void answersACallInProtobuf() throws IOException {
    byte[] body = QueuesInfoRequest.newBuilder().setQueueName("q").build().toByteArray();
    String head =
        "POST "
            + TestApi.INFO
            + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/protobuf\r\n"
            + "Accept: application/protobuf\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";

    Response answer = client.send(head).send(body).read();

    assertThat(answer.header("Content-Type")).isEqualTo("application/protobuf");
    assertThat(QueueInfo.parseFrom(answer.bytes()))
        .isEqualTo(QueueInfo.newBuilder().setQueueName("q").build());
  }

  @Test
  void takesAnEmptyProtobufBody() throws IOException {
    String contentType = "Content-Type: application/protobuf\r\n";

    assertThat(client.exchange(post(TestApi.INFO, contentType, "")).body()).isEqualTo("{}");
    assertThat(
            client
                .exchange(
                    "POST " + TestApi.INFO + " HTTP/1.1\r\nHost: x\r\n" + contentType + "\r\n")
                .body())
        .isEqualTo("{}");
  }

  @Test
  void refusesAnEmptyJsonBody() throws IOException {
    Response sized = client.exchange(post(TestApi.INFO, "", ""));
    Response unsized = client.exchange("POST " + TestApi.INFO + " HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(List.of(sized.status(), unsized.status())).containsOnly(455);
    assertThat(sized.body())
        .startsWith("{\"code\":455,\"code_text\":\"Client Content Error\",\"message\":\"proto: ");
    assertThat(sized.statusLine()).isEqualTo("HTTP/1.1 455 Client Content Error");
  }

  @Test
  void ignoresTheQueryButNotATrailingSlash() throws IOException {
    assertThat(client.exchange(post(TestApi.INFO + "?a=<b>&%zz", "", "{}")).status())
        .isEqualTo(200);

    Response slash = client.exchange(post(TestApi.INFO + "/", "", "{}"));

    assertThat(slash.status()).isEqualTo(501);
    assertThat(slash.body())
        .isEqualTo(
            "{\"code\":501,\"code_text\":\"Not Implemented\",\"message\":\"no such method; /v1/queues.info/\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "/",
    "/v1",
    "/v1/queue.unknown",
    "//v1/queues.info",
    "/v1/../v1/queues.info",
    "/v1/queues%2Einfo",
    "/v1/queues.INFO",
    "/v1/queue.stats"
  })
  void answersAnUnknownPath(String path) throws IOException {
    Response answer = client.exchange(post(path, "", "{}"));

    assertThat(answer.status()).isEqualTo(501);
    assertThat(answer.body()).contains("\"message\":\"no such method; " + path + "\"");
    assertThat(API.observed).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"})
  void allowsOnlyPost(String method) throws IOException {
    Response answer = client.exchange(method + " " + TestApi.INFO + " HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body())
        .isEqualTo(
            "{\"code\":400,\"code_text\":\"Bad Request\",\"message\":\"http method '"
                + method
                + "' not allowed; only POST\"}");
  }

  @Test
  void answersHeadWithoutABody() throws IOException {
    Response head = client.send("HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n").readHead();
    Response next = client.exchange(post(TestApi.INFO, "", "{}"));

    assertThat(head.status()).isEqualTo(400);
    assertThat(head.header("Content-Length")).isNotEqualTo("0");
    assertThat(next.status()).isEqualTo(200);
  }

  @Test
  void servesPagesWithoutAuthenticationAndWithAnyAccept() throws IOException {
    String headers = " HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\nAuthorization: bad\r\n\r\n";

    Response metrics = client.exchange("GET /metrics?x=1" + headers);
    Response health = client.exchange("GET /health" + headers);

    assertThat(metrics.status()).isEqualTo(200);
    assertThat(metrics.header("Content-Type")).isEqualTo("text/plain; version=0.0.4");
    assertThat(metrics.body()).isEqualTo("up 1\n");
    assertThat(health.status()).isEqualTo(503);
    assertThat(health.header("Content-Type")).isEqualTo("application/health+json");
    assertThat(health.header("X-Content-Type-Options")).isEqualTo("nosniff");
  }

  @Test
  void answersAPageThatFails() throws IOException {
    Response answer = client.exchange("GET /broken HTTP/1.1\r\nHost: x\r\n\r\n");

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.body()).contains("\"message\":\"Internal Error\"");
  }

  /// Each request has every fault from its row on, so only the order decides which one is answered.
  @Test
  void checksInTheOrderOfTheApi() throws IOException {
    String accept = "Accept: text/html\r\n";
    String key = "Authorization: bad\r\n";
    String type = "Content-Type: text/html\r\n";
    String large = "x".repeat(256_001);

    Response method =
        client.exchange("PUT /v1/unknown HTTP/1.1\r\nHost: x\r\n" + accept + key + type + "\r\n");
    Response wanted = client.exchange(post("/v1/unknown", accept + key + type, large));
    reconnect();
    Response caller = client.exchange(post("/v1/unknown", key + type, large));
    reconnect();
    Response path = client.exchange(post("/v1/unknown", type, large));
    reconnect();
    Response size = client.exchange(post(TestApi.INFO, type, large));
    reconnect();
    Response content = client.exchange(post(TestApi.INFO, type, "x"));
    Response body = client.exchange(post(TestApi.INFO, "", "x"));
    Response rule = client.exchange(post(TestApi.PRODUCE, "", "{\"queue_name\":\"refuse\"}"));

    assertThat(method.body()).contains("http method 'PUT' not allowed; only POST");
    assertThat(wanted.body())
        .contains(
            "\"code\":455",
            "\"message\":\"Accept header 'text/html' is invalid format or unrecognized content type, only"
                + " [application/json,application/protobuf] are supported by this method\"");
    assertThat(caller.body()).contains("\"code\":401", "api key is invalid");
    assertThat(path.body()).contains("\"code\":501", "no such method; /v1/unknown");
    assertThat(size.body())
        .contains("\"code\":400", "\"message\":\"request body exceeds 250.0KiB limit\"");
    assertThat(content.body())
        .contains(
            "\"code\":455",
            "\"message\":\"Content-Type header 'text/html' is invalid format or unrecognized content type\"");
    assertThat(body.body()).contains("\"code\":455", "\"message\":\"proto: ");
    assertThat(rule.body())
        .contains("\"code\":400", "queue does not exist", "\"details\":{\"ids\":\"a\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/*",
        "application/json",
        "application/json, text/plain, */*",
        "application/json;q=0.9",
        "*/*;q=0.1, text/html",
        "Application/JSON",
        ""
      })
  void answersJsonTo(String accept) throws IOException {
    Response answer = client.exchange(post(TestApi.INFO, "Accept: " + accept + "\r\n", "{}"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(API.contexts.getFirst().optionalFields()).isFalse();
    assertThat(API.contexts.getFirst().acceptSent()).isEqualTo(!accept.isEmpty());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/html|text/html",
        "text/html, application/json|text/html",
        "text/html;charset=utf-8|text/html",
        "application/xml ;q=1|application/xml ",
        "application|application",
        "application/json/x|application/json/x"
      },
      ignoreLeadingAndTrailingWhitespace = false)
  void refusesAnAcceptHeader(String accept, String shown) throws IOException {
    Response answer = client.exchange(post(TestApi.INFO, "Accept: " + accept + "\r\n", "{}"));

    assertThat(answer.status()).isEqualTo(455);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body()).contains("Accept header '" + shown + "' is invalid");
    assertThat(API.contexts).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json;fields=all",
        "application/json; fields=all",
        "application/json;q=1;Fields=ALL",
        "*/*;fields=all, text/html",
        "application/protobuf"
      })
  void letsClientsAskForAllFields(String accept) throws IOException {
    Response answer = client.exchange(post(TestApi.INFO, "Accept: " + accept + "\r\n", "{}"));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(API.contexts.getFirst().optionalFields()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json;fields=some",
        "application/json, x;fields=all",
        "application/json;xfields=all"
      })
  void doesNotTakeOtherParametersForThat(String accept) throws IOException {
    client.exchange(post(TestApi.INFO, "Accept: " + accept + "\r\n", "{}"));

    assertThat(API.contexts.getFirst().optionalFields()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/json",
        "application/json; charset=utf-8",
        " Application/Json ,x",
        "*/*",
        "application/*",
        ""
      })
  void readsJsonFrom(String contentType) throws IOException {
    assertThat(
            client
                .exchange(post(TestApi.INFO, "Content-Type: " + contentType + "\r\n", "{}"))
                .status())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-www-form-urlencoded",
        "text/json",
        "application/grpc",
        "json; application/json"
      })
  void refusesAContentType(String contentType) throws IOException {
    Response answer =
        client.exchange(post(TestApi.INFO, "Content-Type: " + contentType + "\r\n", "{}"));

    assertThat(answer.status()).isEqualTo(455);
    assertThat(answer.body())
        .contains(
            "Content-Type header '"
                + contentType
                + "' is invalid format or unrecognized content type");
  }

  @Test
  void answersErrorsInProtobufToo() throws IOException {
    Response answer =
        client.exchange(
            post(
                TestApi.PRODUCE, "Accept: application/protobuf\r\n", "{\"queue_name\":\"retry\"}"));

    Reply reply = Reply.parseFrom(answer.bytes());
    assertThat(answer.statusLine()).isEqualTo("HTTP/1.1 454 Retry Request");
    assertThat(answer.header("Content-Type")).isEqualTo("application/protobuf");
    assertThat(reply.getCode()).isEqualTo(454);
    assertThat(reply.getCodeText()).isEqualTo("Retry Request");
    assertThat(reply.getMessage()).isEqualTo("internal error, try your request again");
    assertThat(reply.getDetailsMap()).containsEntry("outcome", "unknown");
  }

  @ParameterizedTest
  @ValueSource(strings = {"crash", "assert"})
  void hidesWhyAHandlerFailed(String queue) throws IOException {
    Response answer =
        client.exchange(post(TestApi.PRODUCE, "", "{\"queue_name\":\"" + queue + "\"}"));

    assertThat(answer.status()).isEqualTo(500);
    assertThat(answer.body())
        .isEqualTo(
            "{\"code\":500,\"code_text\":\"Internal Service Error\",\"message\":\"Internal Error\"}");
    assertThat(API.observed).containsExactly(TestApi.PRODUCE + " 500");
    assertThat(client.exchange(post(TestApi.INFO, "", "{}")).status()).isEqualTo(200);
  }

  @Test
  void givesHandlersTheHeadersAndTheCount() throws IOException {
    String body = "{\"queue_name\":\"q\",\"items\":[" + "{},".repeat(2999) + "{}]}";

    client.exchange(post(TestApi.PRODUCE, "Idempotency-Key: k-1\r\nAuthorization: me\r\n", body));

    CallContext context = API.contexts.getFirst();
    assertThat(context.headers().value("idempotency-key")).hasValue("k-1");
    assertThat(context.headers().value("X-Other")).isEmpty();
    assertThat(context.caller()).isEqualTo(new Caller("me"));
    assertThat(context.acceptSent()).isFalse();
    assertThat(context.listed()).isEqualTo(3000);
  }

  @Test
  void importsAnyNumberOfItems() throws IOException {
    String body = "{\"items\":[" + "{},".repeat(19_999) + "{}]}";

    Response answer =
        client.exchange(post(TestApi.IMPORT, "Accept: application/protobuf\r\n", body));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.bytes()).hasSize(2 * 20_000);
    assertThat(API.contexts.getFirst().listed()).isEqualTo(20_000);
  }

  @Test
  void keepsEveryElementWhereTheApiHasNoLimit() throws IOException {
    String body = "{\"ids\":[" + "\"a\",".repeat(4999) + "\"b\"]}";

    Response answer = client.exchange(post("/v1/storage/items.delete", "", body));

    assertThat(answer.body()).contains("ids: 5000");
    assertThat(API.contexts.getFirst().listed()).isEqualTo(5000);
  }

  @Test
  void keepsTextAsItWasSent() throws IOException {
    String json = "{\"queue_name\":\"/.. %00 \\\"'\\\\\\u0001 é 😀\"}";

    Response answer = client.exchange(post(TestApi.INFO, "", json));

    assertThat(answer.body()).isEqualTo(json);
  }

  private void reconnect() throws IOException {
    client.close();
    client = new RawClient(server.port());
  }
}

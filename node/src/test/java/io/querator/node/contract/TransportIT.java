package io.querator.node.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.querator.client.Call;
import io.querator.client.ReplyCode;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesInfoRequest;
import io.querator.client.message.Reply;
import io.querator.node.api.OpenApi;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Section 1 of the contract, and what sections 2 and 3 say of every call: methods, paths, headers,
/// encodings, limits, the order of these checks.
@ExtendWith(SharedServer.class)
class TransportIT {
  private static final String INFO = Call.QUEUES_INFO.path();
  private static final String JSON = "application/json";
  private static final String PROTOBUF = "application/protobuf";

  private final TestServer server;
  private final ApiClient api;
  private String queue = "";

  TransportIT(TestServer server) {
    this.server = server;
    api = server.api();
  }

  @BeforeEach
  void makeQueue() {
    queue = server.queue().name();
  }

  private String named() {
    return "{'queue_name':'" + queue + "'}";
  }

  private static void assertRefusal(Answer answer, int code, String message) {
    Reply reply = answer.reply();
    assertThat(reply.getMessage()).isEqualTo(message);
    assertThat(List.of(answer.status(), reply.getCode())).containsOnly(code);
    assertThat(reply.getCodeText()).isEqualTo(ReplyCode.of(code).orElseThrow().text());
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
  }

  static Stream<Call<?, ?>> calls() {
    return Call.all().stream();
  }

  // Methods and paths

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"})
  void allowsNothingButPost(String method) {
    for (String path : List.of(INFO, "/v1/unknown", "/", "/cluster/other", "/health/other")) {
      Answer answer = api.exchange(method, path, new byte[0], "Accept", "text/html");

      assertThat(answer.status()).isEqualTo(400);
      if (!method.equals("HEAD")) {
        assertRefusal(answer, 400, "http method '" + method + "' not allowed; only POST");
        assertThat(answer.header("Content-Type")).isEqualTo(JSON);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void takesATrailingSlashForAnotherPathAndNoQuery(Call<?, ?> call) {
    Answer slash = api.json(call.path() + "/", "{}");
    Answer query = api.json(call.path() + "?queue_name=x&;=%20?/", "{'queue_name':'~'}");

    assertRefusal(slash, 501, "no such method; " + call.path() + "/");
    assertThat(query.status()).isNotEqualTo(501);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/v1",
        "/v2/queue.produce",
        "/v1/queue.peek",
        "/v1/queue.Produce",
        "//v1/queue.lease",
        "/v1/items.list",
        "/v1/storage/queue.produce",
        "/health",
        "/metrics",
        "/v1/queue%2Elease"
      })
  void knowsNoOtherPath(String path) {
    for (String type : List.of("text/html", JSON)) {
      assertRefusal(
          api.json(path, "not even JSON", "Content-Type", type), 501, "no such method; " + path);
    }
  }

  @Test
  void servesItsPagesWhateverIsAccepted() {
    for (String path :
        List.of("/health", "/health/live", "/health/ready", "/metrics", OpenApi.PATH)) {
      Answer answer = api.get(path + "?a=b", "Accept", "image/png", "Authorization", "nonsense");

      assertThat(answer.status()).as(path).isEqualTo(200);
      assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    }
    assertThat(api.get(OpenApi.PATH).text())
        .isEqualTo(new String(OpenApi.page().content().body(), UTF_8));
    assertThat(api.get(OpenApi.PATH).header("Content-Type")).isEqualTo("application/yaml");
    assertThat(api.get("/metrics/").status()).isEqualTo(400);
  }

  // Order

  /// Each request has every fault from its row on.
  @Test
  void checksInOrder() {
    String large = "x".repeat(256_001);
    String[] faults = {"Accept", "text/html", "Content-Type", "text/html"};

    assertRefusal(
        api.exchange("PUT", "/v1/x", large.getBytes(UTF_8), faults),
        400,
        "http method 'PUT' not allowed; only POST");
    assertRefusal(api.json("/v1/x", large, faults), 455, acceptMessage("text/html"));
    assertRefusal(
        api.json("/v1/x", large, "Content-Type", "text/html"), 501, "no such method; /v1/x");
    assertRefusal(
        api.json(INFO, large, "Content-Type", "text/html"),
        400,
        "request body exceeds 250.0KiB limit");
    assertRefusal(
        api.json(INFO, "{", "Content-Type", "text/html"),
        455,
        "Content-Type header 'text/html' is invalid format or unrecognized content type");
    assertThat(api.json(INFO, "{").reply().getMessage()).startsWith("proto:");
    assertRefusal(api.json(INFO, "{}"), 400, "queue name is invalid; queue name cannot be empty");
  }

  /// Nothing is executed before it is known that its answer can be sent.
  @Test
  void decidesOnTheAnswersEncodingBeforeItExecutes() {
    String item = "{'queue_name':'" + queue + "','request_timeout':'1m','items':[{}]}";

    Answer answer = api.json(Call.QUEUE_PRODUCE.path(), item, "Accept", "text/plain");

    assertRefusal(answer, 455, acceptMessage("text/plain"));
    Answer stats = api.json(Call.QUEUE_STATS.path(), named());
    assertThat(stats.text()).doesNotContain("\"total\"");
  }

  // Accept

  private static String acceptMessage(String shown) {
    return "Accept header '"
        + shown
        + "' is invalid format or unrecognized content type, only [application/json,application/protobuf] are supported by this method";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/*",
        "application/json",
        "APPLICATION/JSON",
        "application/json;q=0.5",
        "application/json,text/html",
        "*/*;q=0.8, application/protobuf",
        "application/json ; a=b",
        "application/json;fields=all",
        "application/json; fields=all"
      })
  void answersJson(String accept) {
    Answer answer = api.json(INFO, named(), "Accept", accept);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(JSON);
    assertThat(answer.as(QueueInfo.getDefaultInstance()).getQueueName()).isEqualTo(queue);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/protobuf", "Application/Protobuf;q=1,*/*"})
  void answersProtobuf(String accept) {
    Answer answer = api.json(INFO, named(), "Accept", accept);
    Answer refusal = api.json(INFO, "{", "Accept", accept);

    assertThat(answer.header("Content-Type")).isEqualTo(PROTOBUF);
    assertThat(answer.as(QueueInfo.getDefaultInstance()).getQueueName()).isEqualTo(queue);
    assertThat(refusal.header("Content-Type")).isEqualTo(PROTOBUF);
    assertThat(refusal.reply().getCode()).isEqualTo(455);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/html",
        "text/html,application/json",
        "application/xml;q=1",
        "application/x ;a",
        "json",
        "application/json2",
        "*"
      })
  void refusesOtherEncodings(String accept) {
    Answer answer = api.json(INFO, "{", "Accept", accept);

    assertRefusal(answer, 455, acceptMessage(accept.split("[;,]", 2)[0]));
    assertThat(answer.header("Content-Type")).isEqualTo(JSON);
  }

  @Test
  void answersJsonWithoutAnAcceptHeader() {
    Answer answer = api.json(INFO, named());

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(JSON);
  }

  // Content-Type

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*/*",
        "application/*",
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json,text/plain",
        " application/json ;x"
      })
  void readsJson(String type) {
    assertThat(api.json(INFO, named(), "Content-Type", type).status()).isEqualTo(200);
    assertThat(api.json(INFO, "{'queue_name':'~'}", "Content-Type", type).status()).isEqualTo(400);
  }

  @Test
  void readsJsonWithoutAContentType() {
    assertThat(api.json(INFO, named()).status()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/protobuf", "APPLICATION/PROTOBUF;a=b"})
  void readsProtobuf(String type) {
    byte[] request = QueuesInfoRequest.newBuilder().setQueueName(queue).build().toByteArray();

    Answer answer = api.exchange("POST", INFO, request, "Content-Type", type);

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo(JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/html",
        "application/x-www-form-urlencoded",
        "text/plain;charset=utf-8",
        "application/x-protobuf",
        "text/x, application/json"
      })
  void refusesOtherBodies(String type) {
    assertRefusal(
        api.json(INFO, named(), "Content-Type", type),
        455,
        "Content-Type header '" + type + "' is invalid format or unrecognized content type");
  }

  // Bodies

  @ParameterizedTest
  @MethodSource("calls")
  void refusesBodiesThatAreNoJson(Call<?, ?> call) {
    for (String body :
        List.of(
            "",
            " ",
            "{",
            "{}}",
            "{} {}",
            "[]",
            "null",
            "1",
            "'a'",
            "{'queue_name':}",
            "{queue_name:'a'}",
            "{'queue_name':'a',}",
            "{'queue_name':'\\ud83d'}",
            "{'queue_name':'\\udc00a'}",
            "{'a\\u0000':1}",
            "\ufeff{}",
            "{'queue_name':'a' /**/}",
            "NaN")) {
      Answer answer = api.json(call.path(), body);

      assertThat(answer.status()).as("%s %s", call.path(), body).isEqualTo(455);
      assertThat(answer.reply().getMessage()).startsWith("proto:");
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void refusesFieldsThatItDoesNotKnow(Call<?, ?> call) {
    for (String name : List.of("no_such_field", "QueueName", "queue-name", "")) {
      Answer answer = api.json(call.path(), "{'" + name + "':1}");

      assertThat(answer.status()).isEqualTo(455);
      assertThat(answer.reply().getMessage()).startsWith("proto:").contains("\"" + name + "\"");
    }
  }

  /// Both names are the same field, and a field may be given once.
  @ParameterizedTest
  @MethodSource("calls")
  void knowsBothNamesOfEveryField(Call<?, ?> call) {
    Descriptor request = call.request().getDescriptorForType();
    for (FieldDescriptor field : request.getFields()) {
      assertKnown(call, "{'%s':null}", field.getJsonName());
      assertKnown(call, "{'%s':null}", field.getName());
      assertOnce(call, "{'%s':null,'%s':null}", field);
      if (field.isRepeated() && field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        for (FieldDescriptor inner : field.getMessageType().getFields()) {
          String path = "{'" + field.getJsonName() + "':[{'%s':null}]}";
          assertKnown(call, path, inner.getJsonName());
          assertKnown(call, path, inner.getName());
          assertOnce(call, path.replace("'%s':null", "'%s':null,'%s':null"), inner);
        }
        String unknown = "{'" + field.getJsonName() + "':[{'other':1}]}";
        assertThat(api.json(call.path(), unknown).reply().getMessage()).contains("\"other\"");
      }
    }
  }

  private void assertKnown(Call<?, ?> call, String json, String name) {
    Answer answer = api.json(call.path(), json.formatted(name));
    assertThat(answer.status()).as("%s %s", call.path(), name).isNotEqualTo(455);
  }

  private void assertOnce(Call<?, ?> call, String json, FieldDescriptor field) {
    for (String second : List.of(field.getJsonName(), field.getName())) {
      Answer answer = api.json(call.path(), json.formatted(field.getJsonName(), second));
      assertThat(answer.status()).as("%s %s twice", call.path(), second).isEqualTo(455);
      assertThat(answer.reply().getMessage()).startsWith("proto:").contains(second);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"3", "'3'", "3.0", "3e0", "'3.0'", "30e-1"})
  void readsNumbersInEveryForm(String three) {
    Answer answer = api.json(Call.QUEUES_LIST.path(), "{'limit':" + three + "}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.as(Call.QUEUES_LIST.answer()).getItemsList()).hasSizeLessThanOrEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"3.5", "'x'", "''", "2147483648", "-2147483649", "true", "[3]", "'3 '", "{}"})
  void refusesWhatIsNoInt32(String value) {
    Answer answer = api.json(Call.QUEUES_LIST.path(), "{'limit':" + value + "}");

    assertThat(answer.status()).isEqualTo(455);
    assertThat(answer.reply().getMessage()).startsWith("proto:").contains("limit");
  }

  @ParameterizedTest
  @ValueSource(strings = {"+/+/YQ==", "-_-_YQ==", "+/+/YQ", "-_-_YQ"})
  void readsBase64OfBothAlphabets(String base64) {
    String item = "{'queue_name':'" + queue + "','request_timeout':'1m','items':[{'bytes':'%s'}]}";

    Answer produced = api.json(Call.QUEUE_PRODUCE.path(), item.formatted(base64));
    Answer listed = api.json(Call.STORAGE_ITEMS_LIST.path(), named());

    assertThat(produced.text()).isEqualTo("{\"code\":200}");
    assertThat(listed.text()).contains("\"payload\":\"+/+/YQ==\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a===", "YQ=", "Y Q==", "é", "YQ==YQ=="})
  void refusesWhatIsNoBase64(String base64) {
    String item = "{'queue_name':'" + queue + "','request_timeout':'1m','items':[{'bytes':'%s'}]}";

    assertThat(api.json(Call.QUEUE_PRODUCE.path(), item.formatted(base64)).status()).isEqualTo(455);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2040-01-02T03:04:05Z",
        "2040-01-02T03:04:05.5Z",
        "2040-01-02T03:04:05.123456789Z",
        "2040-01-02T05:04:05.123+02:00",
        "9999-12-31T23:59:59.999999Z"
      })
  void readsTimestamps(String timestamp) {
    String item =
        "{'queue_name':'" + queue + "','request_timeout':'1m','items':[{'enqueue_at':'%s'}]}";

    assertThat(api.json(Call.QUEUE_PRODUCE.path(), item.formatted(timestamp)).status())
        .isEqualTo(200);
    Answer listed = api.json(Call.STORAGE_SCHEDULED_LIST.path(), named());
    Matcher enqueueAt = Pattern.compile("\"enqueue_at\":\"([^\"]+)\"").matcher(listed.text());
    assertThat(enqueueAt.find()).as(listed.toString()).isTrue();
    assertThat(java.time.Instant.parse(enqueueAt.group(1)))
        .isEqualTo(
            java.time.OffsetDateTime.parse(timestamp)
                .toInstant()
                .truncatedTo(java.time.temporal.ChronoUnit.MICROS));
    assertThat(enqueueAt.group(1)).matches(".*T\\d\\d:\\d\\d:\\d\\d(\\.\\d{3}|\\.\\d{6})?Z");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "now",
        "2040-01-02",
        "2040-01-02T03:04:05",
        "2040-13-02T03:04:05Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2040-01-02T03:04:05,5Z"
      })
  void refusesWhatIsNoTimestamp(String timestamp) {
    String item =
        "{'queue_name':'" + queue + "','request_timeout':'1m','items':[{'enqueue_at':'%s'}]}";

    assertThat(api.json(Call.QUEUE_PRODUCE.path(), item.formatted(timestamp)).status())
        .isEqualTo(455);
  }

  @Test
  void refusesTimestampsThatOnlyProtobufCanWrite() {
    byte[] seconds = {0x1a, 0x0b, 0x22, 0x09, 0x08, -1, -1, -1, -1, -1, -1, -1, 0x7f};
    byte[] nanos = {0x1a, 0x08, 0x22, 0x06, 0x10, -1, -1, -1, -1, 0x0f};
    byte[] name =
        io.querator.client.message.QueueProduceRequest.newBuilder()
            .setQueueName(queue)
            .setRequestTimeout("1m")
            .build()
            .toByteArray();

    for (byte[] item : List.of(seconds, nanos)) {
      Answer answer =
          api.exchange(
              "POST",
              Call.QUEUE_PRODUCE.path(),
              ByteString.copyFrom(name).concat(ByteString.copyFrom(item)).toByteArray(),
              "Content-Type",
              PROTOBUF);
      assertRefusal(answer, 400, "enqueue_at is invalid; not within the years 1 to 9999");
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void takesAnEmptyProtobufBodyForAnEmptyMessage(Call<?, ?> call) {
    Answer protobuf = api.exchange("POST", call.path(), new byte[0], "Content-Type", PROTOBUF);
    Answer json = api.json(call.path(), "{}");

    assertThat(protobuf.text()).isEqualTo(json.text());
    assertThat(protobuf.status()).isNotEqualTo(455);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void refusesMalformedProtobuf(Call<?, ?> call) {
    List<byte[]> bodies =
        List.of(
            new byte[] {0x0a, 0x05, 'a'}, // ends within a field
            new byte[] {0x0a, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0x01}, // a length too long
            new byte[] {0x02, 0x00}, // field 0
            new byte[] {0x0f, 0x00}, // wire type 7
            "{}".getBytes(UTF_8));
    for (byte[] body : bodies) {
      assertThat(post(call.path(), body).status()).isEqualTo(455);
    }
  }

  /// Fields of a later version of the API, as Protobuf has it.
  @Test
  void ignoresUnknownFieldsInProtobuf() {
    byte[] name = QueuesInfoRequest.newBuilder().setQueueName(queue).build().toByteArray();
    byte[] body = Arrays.copyOf(name, name.length + 2);
    body[name.length] = 0x78; // field 15, a number
    body[name.length + 1] = 0x05;

    assertThat(post(INFO, body).as(QueueInfo.getDefaultInstance()).getQueueName()).isEqualTo(queue);
  }

  @Test
  void refusesTextThatIsNotUtf8() {
    byte[] broken = {0x0a, 0x01, -1};
    byte[] surrogate = {0x0a, 0x03, (byte) 0xed, (byte) 0xa0, (byte) 0x80};
    byte[] json = {'{', '"', -1, '"', ':', '1', '}'};

    assertThat(post(INFO, broken).reply().getCode()).isEqualTo(455);
    assertThat(post(INFO, surrogate).reply().getCode()).isEqualTo(455);
    Answer answer = api.exchange("POST", INFO, json);
    assertThat(answer.reply().getCode()).isEqualTo(455);
  }

  private Answer post(String path, byte[] body) {
    return api.exchange("POST", path, body, "Content-Type", PROTOBUF);
  }

  // Limits

  /// With a length and without, exactly at the limit and one byte beyond.
  @ParameterizedTest
  @MethodSource("calls")
  void limitsBodies(Call<?, ?> call) {
    int max = call.bodyLimit().bytes();
    if (call.equals(Call.STORAGE_ITEMS_IMPORT)) {
      return; // as large as a heap: see BodyLimitIT
    }
    String padded = "{'queue_name':'~'" + " ".repeat(max);
    for (boolean sized : new boolean[] {true, false}) {
      Answer most = post(call.path(), padded.substring(0, max - 1) + "}", sized);
      Answer more = post(call.path(), padded.substring(0, max) + "}", sized);

      assertThat(most.reply().getMessage()).doesNotContain("exceeds");
      assertRefusal(more, 400, "request body exceeds " + call.bodyLimit().text() + " limit");
    }
  }

  private Answer post(String path, String json, boolean sized) {
    byte[] body = json.replace('\'', '"').getBytes(UTF_8);
    return sized ? api.exchange("POST", path, body) : api.chunked(path, body);
  }
}

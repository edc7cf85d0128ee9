package io.querator.node.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.querator.client.Call;
import io.querator.client.Limits;
import io.querator.client.ReplyCode;
import io.querator.client.message.QueratorProto;
import io.querator.client.message.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/// The description of the API says what the table of calls and the messages say, no more and no
/// less.
class OpenApiTest {
  static final JsonNode API = read();
  private static final String JSON = "application/json";
  private static final String PROTOBUF = "application/protobuf";

  private static JsonNode read() {
    byte[] yaml = OpenApi.page().content().body();
    Object document =
        new Load(LoadSettings.builder().build()).loadFromString(new String(yaml, UTF_8));
    return new ObjectMapper().valueToTree(document);
  }

  static Stream<Call<?, ?>> calls() {
    return Call.all().stream();
  }

  static Stream<Descriptor> messages() {
    return QueratorProto.getDescriptor().getMessageTypes().stream();
  }

  @Test
  void hasEveryCallAndNoOther() {
    List<String> posts = new ArrayList<>();
    fields(
        API.path("paths"),
        (path, item) -> {
          if (item.has("post")) {
            posts.add(path);
          } else {
            assertThat(names(item)).as(path).containsExactly("get");
          }
        });

    assertThat(posts).containsExactlyElementsOf(calls().map(Call::path).toList());
  }

  @Test
  void hasThePages() {
    List<String> gets = new ArrayList<>();
    fields(
        API.path("paths"),
        (path, item) -> {
          if (item.has("get")) {
            gets.add(path);
          }
        });

    assertThat(gets)
        .containsExactly(
            "/cluster", "/health", "/health/live", "/health/ready", "/metrics", OpenApi.PATH);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void namesTheMessagesAndTheBodyLimitOf(Call<?, ?> call) {
    JsonNode post = post(call);
    JsonNode answer = resolve(post.path("responses").path("200"));

    assertContent(post.path("requestBody").path("content"), call.request());
    assertContent(answer.path("content"), call.answer());
    assertThat(post.path("x-body-max-bytes").asInt()).isEqualTo(call.bodyLimit().bytes());
    assertThat(post.path("x-body-max-text").asText()).isEqualTo(call.bodyLimit().text());
  }

  private static void assertContent(JsonNode content, Message message) {
    Descriptor type = message.getDescriptorForType();
    assertThat(names(content)).containsExactly(JSON, PROTOBUF);
    assertThat(content.path(JSON).path("schema").path("$ref").asText())
        .isEqualTo("#/components/schemas/" + type.getName());
    assertThat(content.path(PROTOBUF).path("x-protobuf-message").asText())
        .isEqualTo(type.getFullName());
  }

  @Test
  void hasEveryMessageAndNoOther() {
    Map<String, String> described = new TreeMap<>();
    fields(
        schemas(),
        (name, schema) -> {
          if (schema.has("x-protobuf-message")) {
            described.put(name, schema.path("x-protobuf-message").asText());
          }
        });

    assertThat(described)
        .isEqualTo(messages().collect(toMap(Descriptor::getName, Descriptor::getFullName)));
  }

  @ParameterizedTest
  @MethodSource("messages")
  void hasEveryFieldAndNoOtherOf(Descriptor message) {
    JsonNode schema = schemas().path(message.getName());
    Map<String, String> described = new LinkedHashMap<>();
    fields(schema.path("properties"), (name, field) -> described.put(name, describe(field)));

    Map<String, String> expected = new LinkedHashMap<>();
    message.getFields().stream()
        .sorted((a, b) -> Integer.compare(a.getNumber(), b.getNumber()))
        .forEach(field -> expected.put(field.getJsonName(), describe(field)));
    assertThat(described).isEqualTo(expected);
    assertThat(described.keySet()).containsExactlyElementsOf(expected.keySet());
    assertThat(schema.path("additionalProperties").asText()).isEqualTo("false");
  }

  private static String describe(JsonNode field) {
    boolean list = field.path("type").asText().equals("array");
    JsonNode type = list ? field.path("items") : field;
    return field.path("x-protobuf-name").asText()
        + " "
        + field.path("x-protobuf-number").asInt()
        + " "
        + field.path("x-protobuf-type").asText()
        + ", "
        + (list ? "list of " : "")
        + jsonType(type);
  }

  private static String jsonType(JsonNode type) {
    if (type.has("$ref")) {
      return type.path("$ref").asText().replace("#/components/schemas/", "");
    }
    return switch (type.path("type").asText() + " " + type.path("format").asText()) {
      case "string ", "string go-duration", "string ksuid" ->
          type.path("contentEncoding").asText("text");
      case "string date-time" -> "timestamp";
      case "integer int32" -> "int32";
      case "boolean " -> "bool";
      case "object " -> "map of " + type.path("additionalProperties").path("type").asText();
      default -> "unknown: " + type;
    };
  }

  private static String describe(FieldDescriptor field) {
    String protobuf;
    String json;
    if (field.isMapField()) {
      protobuf = "map<string, string>";
      json = "map of string";
    } else {
      protobuf = (field.isRepeated() ? "repeated " : "") + typeName(field);
      json = (field.isRepeated() ? "list of " : "") + jsonType(field);
    }
    return field.getName() + " " + field.getNumber() + " " + protobuf + ", " + json;
  }

  private static String typeName(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        ? field.getMessageType().getFullName()
        : field.toProto().getType().name().replace("TYPE_", "").toLowerCase(Locale.ROOT);
  }

  private static String jsonType(FieldDescriptor field) {
    return switch (field.getType()) {
      case STRING -> "text";
      case BYTES -> "base64";
      case INT32 -> "int32";
      case BOOL -> "bool";
      case MESSAGE -> {
        String name = field.getMessageType().getName();
        yield name.equals("Timestamp") ? "timestamp" : name;
      }
      default -> throw new IllegalStateException("no JSON for " + field);
    };
  }

  @Test
  void hasTheLimitsOfTheCode() {
    Map<String, Integer> limits = new TreeMap<>();
    fields(
        schemas(),
        (message, schema) ->
            fields(
                schema.path("properties"),
                (name, field) -> {
                  for (String limit : List.of("x-max-bytes", "maximum", "maxItems")) {
                    if (field.has(limit)) {
                      limits.put(message + "." + name, field.path(limit).asInt());
                    }
                  }
                }));

    limits.keySet().removeIf(key -> key.endsWith(".queue_name") && !key.startsWith("QueueInfo"));
    assertThat(limits)
        .isEqualTo(
            Map.ofEntries(
                Map.entry("QueueProduceRequest.items", Limits.PRODUCE_ITEMS_MAX),
                Map.entry("QueueProduceRequest.idempotency_key", Limits.IDEMPOTENCY_KEY_BYTES_MAX),
                Map.entry("QueueLeaseRequest.batch_size", Limits.LEASE_ITEMS_MAX),
                Map.entry("QueueLeaseRequest.client_id", LeaseHandler.CLIENT_ID_BYTES_MAX),
                Map.entry("QueueLeaseResponse.items", Limits.LEASE_ITEMS_MAX),
                Map.entry("QueueCompleteRequest.ids", Limits.COMPLETE_ITEMS_MAX),
                Map.entry("QueueRetryRequest.items", Limits.COMPLETE_ITEMS_MAX),
                Map.entry("QueueStatsResponse.logicalQueues", 1),
                Map.entry("QueueInfo.queue_name", Limits.QUEUE_NAME_BYTES_MAX),
                Map.entry("QueueInfo.dead_queue", Limits.DEAD_QUEUE_BYTES_MAX),
                Map.entry("QueueInfo.reference", Limits.QUEUE_REFERENCE_BYTES_MAX),
                Map.entry("QueueInfo.lease_timeout", Limits.QUEUE_TIMEOUT_TEXT_BYTES_MAX),
                Map.entry("QueueInfo.expire_timeout", Limits.QUEUE_TIMEOUT_TEXT_BYTES_MAX),
                Map.entry("QueueInfo.max_attempts", Limits.QUEUE_MAX_ATTEMPTS_MAX),
                Map.entry("QueueInfo.namespace", Limits.NAMESPACE_BYTES_MAX),
                Map.entry("QueuesListRequest.limit", Limits.QUEUES_LIST_LIMIT_MAX)));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void showsValidExamplesOf(Call<?, ?> call) throws InvalidProtocolBufferException {
    JsonNode post = post(call);
    JsonNode answer = resolve(post.path("responses").path("200"));

    assertExamples(post.path("requestBody").path("content").path(JSON), call.request());
    assertExamples(answer.path("content").path(JSON), call.answer());
  }

  private static void assertExamples(JsonNode content, Message type)
      throws InvalidProtocolBufferException {
    assertThat(content.path("examples")).isNotEmpty();
    for (JsonNode example : content.path("examples")) {
      Message.Builder message = type.newBuilderForType();
      JsonFormat.parser().merge(example.path("value").toString(), message);
      assertThat(message.build()).isNotEqualTo(type);
    }
  }

  @Test
  void showsTheRequestOfTheFrontPage() {
    assertThat(
            post(Call.QUEUE_PRODUCE)
                .at("/requestBody/content/application~1json/examples/front-page/value")
                .toString())
        .isEqualTo(
            """
            {"queue_name":"email-queue","items":[{"kind":"welcome-email","reference":"user-123","utf8":"{\\"email\\": \\"user@example.com\\"}"}]}\
            """);
  }

  @ParameterizedTest
  @MethodSource("calls")
  void hasEveryCodeOf(Call<?, ?> call) {
    Set<Integer> codes =
        names(post(call).path("responses")).stream().map(Integer::valueOf).collect(toSet());

    assertThat(codes)
        .isEqualTo(
            Stream.of(ReplyCode.values())
                .filter(code -> code != ReplyCode.NOT_IMPLEMENTED)
                .map(ReplyCode::code)
                .collect(toSet()));
    for (Documented message : Documented.of(API, call.path())) {
      assertThat(ReplyCode.of(message.code())).as(message.text()).isPresent();
    }
  }

  @Test
  void showsErrorsAsTheyAre() throws InvalidProtocolBufferException {
    Map<Integer, String> texts = new HashMap<>();
    for (JsonNode response : API.at("/components/responses")) {
      if (response.at("/content/application~1protobuf/x-protobuf-message").asText().isEmpty()) {
        continue;
      }
      for (JsonNode example : response.at("/content/application~1json/examples")) {
        Reply.Builder reply = Reply.newBuilder();
        JsonFormat.parser().merge(example.path("value").toString(), reply);
        texts.put(reply.getCode(), reply.getCodeText());
      }
    }

    assertThat(texts)
        .isEqualTo(Stream.of(ReplyCode.values()).collect(toMap(ReplyCode::code, ReplyCode::text)));
  }

  @Test
  void refersOnlyToWhatThereIs() {
    List<String> broken =
        API.findValuesAsText("$ref").stream()
            .distinct()
            .filter(ref -> API.at(ref.substring(1)).isMissingNode())
            .toList();

    assertThat(broken).isEmpty();
  }

  private static JsonNode post(Call<?, ?> call) {
    return API.path("paths").path(call.path()).path("post");
  }

  private static JsonNode schemas() {
    return API.path("components").path("schemas");
  }

  private static JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? API.at(node.path("$ref").asText().substring(1)) : node;
  }

  private static List<String> names(JsonNode object) {
    List<String> names = new ArrayList<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static void fields(JsonNode object, BiConsumer<String, JsonNode> consumer) {
    object.properties().forEach(entry -> consumer.accept(entry.getKey(), entry.getValue()));
  }
}

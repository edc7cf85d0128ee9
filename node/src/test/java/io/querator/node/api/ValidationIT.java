package io.querator.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.querator.client.Call;
import io.querator.node.api.TestNode.Answer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every check of every call, in its order, in both encodings.
///
/// The rows of a call begin with a request that breaks as many rules as it can; each row mends what
/// the row before was refused for. So a check that came too early would be seen.
class ValidationIT {
  private static final TestNode node = new TestNode();
  private static final String UNKNOWN_ID = "000000000000000000000000000";
  private static String queue = "";
  private static String dead = "";
  private static String deadOfDead = "";

  /// A request, and what it is refused with.
  record Row(Call<?, ?> call, String json, int code, String message) {
    @Override
    public String toString() {
      String shown = json.length() > 120 ? json.substring(0, 120) + "…" : json;
      return call.path() + " " + shown;
    }
  }

  @BeforeAll
  static void makeQueues() {
    queue = node.queue("");
    dead = node.queue("");
    deadOfDead = node.queue("'dead_queue':'" + dead + "'");
  }

  @AfterAll
  static void close() {
    node.close();
  }

  /// Fields of a request as JSON, changed one by one.
  private static final class Rows {
    private final Call<?, ?> call;
    private final List<String[]> fields = new ArrayList<>();
    private final List<Row> rows = new ArrayList<>();

    Rows(Call<?, ?> call) {
      this.call = call;
    }

    /// Sets a field to a JSON value, or takes it away where that is empty.
    Rows with(String name, String value) {
      fields.removeIf(field -> field[0].equals(name));
      if (!value.isEmpty()) {
        fields.add(new String[] {name, value});
      }
      return this;
    }

    Rows refused(String message) {
      return refused(400, message);
    }

    Rows refused(int code, String message) {
      StringBuilder json = new StringBuilder("{");
      for (String[] field : fields) {
        json.append(json.length() == 1 ? "" : ",");
        json.append('"').append(field[0]).append("\":").append(field[1].replace('\'', '"'));
      }
      rows.add(new Row(call, json.append("}").toString(), code, message));
      return this;
    }
  }

  static Stream<Row> rows() {
    return Stream.of(
            produce(),
            lease(),
            complete(),
            retry(),
            clear(),
            namesOnly(),
            create(),
            update(),
            delete(),
            list(),
            itemsList(Call.STORAGE_ITEMS_LIST),
            itemsList(Call.STORAGE_SCHEDULED_LIST),
            itemsImport(),
            itemsDelete())
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("rows")
  void refusesInJson(Row row) {
    Answer answer = node.post(row.call().path(), row.json());

    assertThat(answer.message()).isEqualTo(row.message());
    assertThat(answer.status()).isEqualTo(row.code());
    assertThat(answer.body().path("code").asInt()).isEqualTo(row.code());
  }

  @ParameterizedTest
  @MethodSource("rows")
  void refusesInProtobuf(Row row) throws InvalidProtocolBufferException {
    Message.Builder request = row.call().request().newBuilderForType();
    JsonFormat.parser().merge(row.json(), request);

    TestNode.Refusal refusal = node.postProtobuf(row.call().path(), request.build());

    assertThat(refusal.reply().getMessage()).isEqualTo(row.message());
    assertThat(refusal.reply().getCode()).isEqualTo(row.code());
    assertThat(refusal.status()).isEqualTo(row.code());
  }

  private static String quoted(String text) {
    return "'" + text + "'";
  }

  private static String listOf(int count, String element) {
    return "[" + String.join(",", IntStream.range(0, count).mapToObj(_ -> element).toList()) + "]";
  }

  /// What every call on a queue checks first.
  private static Rows named(Rows rows) {
    return rows.with("queue_name", "' \\u00a0\\u0085'")
        .refused("queue name is invalid; queue name cannot be empty")
        .with("queue_name", "'a~b'")
        .refused("queue name is invalid; 'a~b' cannot contain '~' character")
        .with("queue_name", "'no\\u0000such'")
        .refused("queue name is invalid; cannot contain a NUL character")
        .with("queue_name", "'no such'")
        .refused("queue does not exist; no such queue named 'no such'")
        .with("queue_name", quoted(queue));
  }

  private static List<Row> produce() {
    Rows rows = new Rows(Call.QUEUE_PRODUCE).with("request_timeout", "'foo'").with("items", "[]");
    return named(rows)
        .refused(
            "request timeout is invalid; time: invalid duration \"foo\" - expected format: 900ms, 5m or 15m")
        .with("request_timeout", "'10'")
        .refused(
            "request timeout is invalid; time: missing unit in duration \"10\" - expected format: 900ms, 5m or 15m")
        .with("request_timeout", "'7d'")
        .refused(
            "request timeout is invalid; time: unknown unit \"d\" in duration \"7d\" - expected format: 900ms, 5m or 15m")
        .with("request_timeout", "'0'")
        .refused("request timeout is required; '5m' is recommended, 15m is the maximum")
        .with("request_timeout", "'15m'")
        .refused("request timeout is invalid; maximum timeout is '15m' but '15m0s' was requested")
        .with("request_timeout", "'10ms'")
        .refused("request timeout is invalid; minimum timeout is '10ms' but '10ms' was requested")
        .with("request_timeout", "'-1s'")
        .refused("request timeout is invalid; minimum timeout is '10ms' but '-1s' was requested")
        .with("request_timeout", "'1m'")
        .refused("items cannot be empty; at least one item is required")
        .with("idempotency_key", "' '")
        .with("items", listOf(1001, "{'kind':'\\u0000'}"))
        .refused("items is invalid; max_produce_batch_size is 1000 but received 1001")
        .with("items", "[{'kind':'\\u0000','reference':'\\u0000','encoding':'\\u0000'}]")
        .refused("kind is invalid; cannot contain a NUL character")
        .with("items", "[{'reference':'\\u0000','encoding':'\\u0000'}]")
        .refused("reference is invalid; cannot contain a NUL character")
        .with("items", "[{'encoding':'\\u0000'}]")
        .refused("encoding is invalid; cannot contain a NUL character")
        .with("items", "[{}]")
        .refused("idempotency key is invalid; cannot be blank")
        .with("idempotency_key", quoted("é".repeat(129)))
        .refused("idempotency key is invalid; cannot be greater than '256' bytes")
        .rows;
  }

  private static List<Row> lease() {
    Rows rows = new Rows(Call.QUEUE_LEASE).with("request_timeout", "'foo'");
    return named(rows)
        .refused(
            "request timeout is invalid; time: invalid duration \"foo\" - expected format: 900ms, 5m or 15m")
        .with("request_timeout", "")
        .with("client_id", "' '")
        .refused("invalid client id; cannot be empty")
        .with("client_id", "'\\u0000'")
        .refused("client id is invalid; cannot contain a NUL character")
        .with("client_id", "'c'")
        .refused("invalid batch size; must be greater than zero")
        .with("batch_size", "-1")
        .refused("invalid batch size; must be greater than zero")
        .with("batch_size", "1001")
        .refused("invalid batch size; max_lease_batch_size is 1000, but 1001 was requested")
        .with("batch_size", "1")
        .refused("request timeout is required; '5m' is recommended, 15m is the maximum")
        .with("request_timeout", "'15m1ns'")
        .refused(
            "request timeout is invalid; maximum timeout is '15m' but '15m0.000000001s' was requested")
        .with("request_timeout", "'10ms'")
        .refused("request timeout is invalid; minimum timeout is '10ms' but '10ms' was requested")
        .with("request_timeout", "'11ms'")
        .refused(454, "request timeout; no items are in the queue, try again")
        .rows;
  }

  private static List<Row> complete() {
    Rows rows =
        new Rows(Call.QUEUE_COMPLETE).with("partition", "1").with("request_timeout", "'foo'");
    return named(rows)
        .refused("partition is invalid; '1' is not a valid partition")
        .with("partition", "-1")
        .refused("partition is invalid; '-1' is not a valid partition")
        .with("partition", "0")
        .refused(
            "request timeout is invalid; time: invalid duration \"foo\" - expected format: 900ms, 5m or 15m")
        .with("request_timeout", "'16m'")
        .refused("ids is invalid; list of ids cannot be empty")
        .with("ids", listOf(1001, "'x'"))
        .refused("ids is invalid; max_complete_batch_size is 1000 but received 1001")
        .with("ids", "['x']")
        .refused("request timeout is invalid; maximum timeout is '15m' but '16m0s' was requested")
        .with("request_timeout", "")
        .refused("request timeout is required; '5m' is recommended, 15m is the maximum")
        .with("request_timeout", "'15m'")
        .refused("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters")
        .with("ids", quotedList("z".repeat(27)))
        .refused(
            "invalid storage id; 'zzzzzzzzzzzzzzzzzzzzzzzzzzz': Valid encoded KSUIDs are bounded by 000000000000000000000000000 and aWgEPTl1tmebfsQzFP4bxwgy80V")
        .with("ids", quotedList(UNKNOWN_ID))
        .refused("invalid storage id; '" + UNKNOWN_ID + "' does not exist")
        .rows;
  }

  private static String quotedList(String text) {
    return "['" + text + "']";
  }

  private static List<Row> retry() {
    Rows rows = new Rows(Call.QUEUE_RETRY).with("partition", "1");
    return named(rows)
        .refused("partition is invalid; '1' is not a valid partition")
        .with("partition", "0")
        .refused("items is invalid; list of items cannot be empty")
        .with("items", listOf(1001, "{'id':'x'}"))
        .refused("items is invalid; max_complete_batch_size is 1000 but received 1001")
        .with("items", "[{'id':'x'}]")
        .refused("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters")
        .with("items", "[{'id':'" + UNKNOWN_ID + "'}]")
        .refused("invalid storage id; '" + UNKNOWN_ID + "' does not exist")
        .rows;
  }

  private static List<Row> clear() {
    return named(new Rows(Call.QUEUE_CLEAR).with("destructive", "true"))
        .refused("invalid clear request; one of 'queue', 'scheduled' must be true")
        .rows;
  }

  private static List<Row> namesOnly() {
    List<Row> rows = new ArrayList<>();
    for (Call<?, ?> call : List.of(Call.QUEUE_RELOAD, Call.QUEUE_STATS, Call.QUEUES_INFO)) {
      rows.addAll(named(new Rows(call)).rows);
    }
    return rows;
  }

  /// The checks of the name of a queue to be created, changed or deleted.
  private static Rows naming(Rows rows) {
    return rows.with("queue_name", quoted(" ".repeat(513)))
        .refused("queue name is invalid; cannot be greater than '512' characters")
        .with("queue_name", quoted("é".repeat(257)))
        .refused("queue name is invalid; cannot be greater than '512' characters")
        .with("queue_name", "' '")
        .refused("queue name is invalid; queue name cannot be empty")
        .with("queue_name", "'a ~'")
        .refused("queue name is invalid; 'a ~' cannot contain whitespace")
        .with("queue_name", "'a~\\u0000'")
        .refused("queue name is invalid; 'a~\u0000' cannot contain '~' character")
        .with("queue_name", "'a\\u0000'")
        .refused("queue name is invalid; cannot contain a NUL character");
  }

  /// The checks of timeouts and the namespace's syntax.
  private static Rows timeoutsAndNamespace(Rows rows) {
    return rows.with("lease_timeout", quoted("1".repeat(16)))
        .with("expire_timeout", quoted("1".repeat(16)))
        .with("namespace", quoted("a ~:".repeat(65)))
        .refused("lease timeout is invalid; cannot be greater than '15' characters")
        .with("lease_timeout", "'foo'")
        .refused("expire timeout is invalid; cannot be greater than '15' characters")
        .with("expire_timeout", "'7d'")
        .refused(
            "expire timeout is invalid; time: unknown unit \"d\" in duration \"7d\" - expected format: 60m, 2h or 24h")
        .with("expire_timeout", "")
        .refused(
            "lease timeout is invalid; time: invalid duration \"foo\" - expected format: 8m, 15m or 1h")
        .with("lease_timeout", "'999ns'")
        .refused("namespace name is invalid; cannot be greater than '256' characters")
        .with("namespace", "' '")
        .refused("namespace name is invalid; cannot be empty")
        .with("namespace", "'a ~:'")
        .refused("namespace name is invalid; 'a ~:' cannot contain whitespace")
        .with("namespace", "'a~:'")
        .refused("namespace name is invalid; 'a~:' cannot contain '~' character")
        .with("namespace", "'a:'")
        .refused("namespace name is invalid; 'a:' cannot contain ':' character");
  }

  private static Rows deadQueue(Rows rows, String itself) {
    return rows.with("dead_queue", quoted("d ~".repeat(167)))
        .refused("dead queue is invalid; cannot be greater than '500' characters")
        .with("dead_queue", "'d ~'")
        .refused("dead queue is invalid; 'd ~' cannot contain whitespace")
        .with("dead_queue", "'d~'")
        .refused("dead queue is invalid; 'd~' cannot contain '~' character")
        .with("dead_queue", "'d\\u0000'")
        .refused("dead queue is invalid; cannot contain a NUL character")
        .with("dead_queue", quoted(itself))
        .refused("dead_queue cannot reference itself")
        .with("dead_queue", "'nowhere'")
        .refused("dead_queue does not exist; 'nowhere' was not found, create it first")
        .with("dead_queue", quoted(deadOfDead))
        .refused(
            "dead_queue is invalid; '" + deadOfDead + "' already has its own dead_queue configured")
        .with("dead_queue", quoted(dead));
  }

  private static Rows numbers(Rows rows) {
    return rows.with("reference", quoted("é".repeat(1001)))
        .with("max_attempts", "65537")
        .with("requested_partitions", "-1")
        .refused("reference field is invalid; cannot be greater than '2000' characters")
        .with("reference", "'\\u0000'")
        .refused("reference is invalid; cannot contain a NUL character")
        .with("reference", quoted("é".repeat(1000)))
        .refused("max attempts is invalid; cannot be greater than 65536")
        .with("max_attempts", "-1")
        .refused("max attempts is invalid; cannot be negative number")
        .with("max_attempts", "65536")
        .refused("partitions is invalid; cannot be less than 1")
        .with("requested_partitions", "1001")
        .refused("partitions is invalid; cannot be greater than 1000");
  }

  private static List<Row> create() {
    Rows rows =
        timeoutsAndNamespace(
            naming(new Rows(Call.QUEUES_CREATE)).with("queue_name", quoted(queue)));
    rows.with("namespace", "'other'")
        .refused(453, "namespace does not exist; 'other' was not found")
        .with("namespace", "'_system'")
        .refused("invalid queue; '" + queue + "' already exists")
        .with("queue_name", "'never-made'");
    numbers(deadQueue(rows, "never-made"))
        .with("requested_partitions", "0")
        .refused("partitions is invalid; cannot be less than 1")
        .with("requested_partitions", "1")
        .refused("lease timeout is invalid; cannot be empty")
        .with("lease_timeout", "'-1m'")
        .refused("lease timeout is invalid; cannot be empty")
        .with("lease_timeout", "'1h'")
        .refused("expire timeout is invalid; cannot be empty")
        .with("expire_timeout", "'-2m'")
        .refused("expire timeout is invalid; cannot be empty")
        .with("expire_timeout", "'59m59s'")
        .refused(
            "lease timeout is too long; 1h0m0s cannot be greater than the expire timeout 59m59s");
    return rows.rows;
  }

  private static List<Row> update() {
    Rows rows =
        timeoutsAndNamespace(naming(new Rows(Call.QUEUES_UPDATE)).with("queue_name", "'no-such'"));
    rows.with("namespace", "'other'")
        .refused("queue does not exist; no such queue named 'no-such'")
        .with("queue_name", quoted(queue));
    numbers(deadQueue(rows, queue))
        .with("requested_partitions", "0")
        .with("lease_timeout", "'-1m'")
        .refused("lease timeout is invalid; cannot be empty")
        .with("lease_timeout", "'25h'")
        .refused(
            "lease timeout is too long; 25h0m0s cannot be greater than the expire timeout 24h0m0s");
    return rows.rows;
  }

  private static List<Row> delete() {
    return naming(new Rows(Call.QUEUES_DELETE))
        .with("queue_name", "'no-such'")
        .refused("queue does not exist; no such queue named 'no-such'")
        .rows;
  }

  private static List<Row> list() {
    return new Rows(Call.QUEUES_LIST)
        .with("pivot", "'a~'")
        .with("limit", "-1")
        .refused("limit is invalid; limit cannot be negative")
        .with("limit", "65537")
        .refused("limit is invalid; cannot be greater than 65536")
        .with("limit", "65536")
        .refused("pivot is invalid; 'a~' cannot contain '~' character")
        .rows;
  }

  private static List<Row> itemsList(Call<?, ?> call) {
    return named(new Rows(call).with("partition", "1").with("pivot", "'x'"))
        .refused("partition is invalid; '1' is not a valid partition")
        .with("partition", "0")
        .refused("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters")
        .rows;
  }

  private static List<Row> itemsImport() {
    return named(new Rows(Call.STORAGE_ITEMS_IMPORT).with("partition", "1"))
        .refused("partition is invalid; '1' is not a valid partition")
        .with("partition", "0")
        .refused("items is invalid; cannot be empty")
        .with("items", "[{'source_id':'\\u0000'}]")
        .refused("source_id is invalid; cannot contain a NUL character")
        .rows;
  }

  private static List<Row> itemsDelete() {
    return named(new Rows(Call.STORAGE_ITEMS_DELETE).with("partition", "1"))
        .refused("partition is invalid; '1' is not a valid partition")
        .with("partition", "0")
        .refused("ids is invalid; cannot be empty")
        .with("ids", "['x']")
        .refused("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters")
        .rows;
  }
}

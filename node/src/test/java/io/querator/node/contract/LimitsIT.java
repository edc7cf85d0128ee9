package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesInfoRequest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What is just within the limits is accepted; the rest is in [ContractIT].
@ExtendWith(SharedServer.class)
class LimitsIT {
  private final TestServer server;

  LimitsIT(TestServer server) {
    this.server = server;
  }

  private static String listOf(int count, String element) {
    return String.join(",", java.util.Collections.nCopies(count, element));
  }

  static Stream<Arguments> accepted() {
    String times = "'lease_timeout':'1m','expire_timeout':'1h','requested_partitions':1,";
    String produce = "'items':[{'utf8':'a'}],'request_timeout':";
    String lease = "'client_id':'c','batch_size':";
    return Stream.of(
        Arguments.of(Call.QUEUE_PRODUCE, produce + "'14m59.999999999s'"),
        Arguments.of(Call.QUEUE_PRODUCE, produce + "'+0h1.5m'"),
        Arguments.of(
            Call.QUEUE_PRODUCE, produce + "'1m','idempotency_key':'" + "é".repeat(128) + "'"),
        Arguments.of(
            Call.QUEUE_PRODUCE, "'request_timeout':'1m','items':[" + listOf(1000, "{}") + "]"),
        Arguments.of(
            Call.QUEUE_PRODUCE,
            "'request_timeout':'1m','items':[{'kind':'"
                + "k".repeat(100_000)
                + "','reference':'é😀\\ud83d\\ude00','encoding':'\\u0001'}]"),
        Arguments.of(Call.QUEUE_LEASE, lease + "1,'request_timeout':'15m'"),
        Arguments.of(Call.QUEUE_LEASE, lease + "1000,'request_timeout':'900s'"),
        Arguments.of(
            Call.QUEUE_LEASE,
            "'client_id':'" + "é".repeat(1000) + "','batch_size':1,'request_timeout':'1m'"),
        Arguments.of(Call.QUEUES_UPDATE, times + "'max_attempts':65536"),
        Arguments.of(Call.QUEUES_UPDATE, times + "'reference':'" + "é".repeat(1000) + "'"),
        Arguments.of(Call.QUEUES_UPDATE, "'lease_timeout':'1us','expire_timeout':'1us'"),
        Arguments.of(Call.QUEUES_UPDATE, "'lease_timeout':'999ns','expire_timeout':'0'"),
        Arguments.of(Call.QUEUES_UPDATE, "'lease_timeout':'1m1.1111111111s'"),
        Arguments.of(Call.QUEUES_UPDATE, "'namespace':'_system'"),
        Arguments.of(Call.QUEUES_UPDATE, "'namespace':'elsewhere'"),
        Arguments.of(Call.STORAGE_ITEMS_LIST, "'limit':-1"),
        Arguments.of(Call.STORAGE_ITEMS_LIST, "'limit':2147483647"),
        Arguments.of(Call.STORAGE_ITEMS_LIST, "'pivot':'\\u0085 '"),
        Arguments.of(Call.STORAGE_ITEMS_LIST, "'pivot':'aWgEPTl1tmebfsQzFP4bxwgy80V'"),
        Arguments.of(
            Call.STORAGE_ITEMS_DELETE,
            "'ids':[" + listOf(5000, "'" + Contract.FOREIGN_ID + "'") + "]"));
  }

  @ParameterizedTest
  @MethodSource
  void accepted(Call<?, ?> call, String fields) {
    TestQueue queue = server.queue();
    queue.produce("there is something to lease");
    String json = "{'queue_name':'" + queue.name() + "'," + fields + "}";
    Message request = Rules.of(call, json).build().request(java.util.Map.of());

    for (Encoding encoding : Encoding.values()) {
      Answer answer = server.api().send(call, request, encoding, "application/json");

      assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
      queue.produce("there is more to lease");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "..",
        "../../etc/passwd",
        "a/../b",
        "%00%2F",
        "'",
        "\"",
        "`",
        "\\",
        ";--",
        "$1",
        "😀",
        "é",
        "e\u0301",
        "İ",
        "ß",
        "-",
        "<script>",
        "{}",
        "[]",
        ":",
        "\u0001",
        "\ufeff",
        "\u200b",
        "CON",
        "pg_catalog",
        "null"
      })
  void takesAnyNameWithoutWhiteSpaceAndTilde(String part) {
    String name = part + TestServer.freshName() + part;
    TestQueue queue = server.queue(info -> info, name);

    queue.produce("a");

    assertThat(queue.info().getQueueName()).isEqualTo(name);
    assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("a");
    assertThat(queue.stats(0).getTotalLeased()).isEqualTo(1);
    queue.delete();
  }

  @Test
  void takesTheLongestNames() {
    String name = "é".repeat(230) + "/..'\"😀" + TestServer.freshName();
    String longest =
        name + "x".repeat(512 - name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length);
    String dead = "d".repeat(458) + TestServer.freshName();
    TestQueue deadQueue = server.queue(info -> info, dead);
    assertThat(dead).hasSize(500);

    TestQueue queue = server.queue(info -> info.setDeadQueue(dead), longest);
    queue.produce("a");
    queue.retry(TestQueue.retried(queue.leaseOne().getId()).setDead(true));

    assertThat(TestQueue.payloads(deadQueue.lease(1))).containsExactly("a");
    assertThat(queue.info().getQueueName()).isEqualTo(longest);
  }

  @Test
  void makesAThousandPartitions() {
    TestQueue queue = server.queue(info -> info.setRequestedPartitions(1000));

    assertThat(queue.info().getPartitionsList()).hasSize(1000);
    assertThat(queue.stats().getPartitionsList()).hasSize(1000);
    queue.produce("a");
    assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("a");
    queue.delete();
  }

  @ParameterizedTest
  @CsvSource({
    "1m,1m0s",
    "10m,10m0s",
    "24h,24h0m0s",
    "300ms,300ms",
    "1.5s,1.5s",
    "0.5h,30m0s",
    "1h1s,1h0m1s",
    "1us,1µs",
    "1µs,1µs",
    "1μs,1µs",
    "1500us,1.5ms",
    "1000ns,1µs",
    "+2s,2s",
    ".5s,500ms",
    "1.s,1s",
    "90s,1m30s",
    "100000h,100000h0m0s"
  })
  void answersDurationsInTheirCanonicalForm(String given, String canonical) {
    TestQueue queue =
        server.queue(info -> info.setLeaseTimeout(given).setExpireTimeout("2000000h"));

    QueueInfo info =
        server
            .api()
            .ok(Call.QUEUES_INFO, QueuesInfoRequest.newBuilder().setQueueName(queue.name()));

    assertThat(info.getLeaseTimeout()).isEqualTo(canonical);
    assertThat(info.getExpireTimeout()).isEqualTo("2000000h0m0s");
  }
}

package io.querator.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.querator.node.api.TestNode.Answer;
import io.querator.node.service.ServiceSettings;
import io.querator.queue.PartitionLimits;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Creating, changing, deleting and listing queues, over HTTP.
class QueueCallsIT {
  private static final TestNode node = new TestNode();

  @AfterAll
  static void close() {
    node.close();
  }

  private static JsonNode info(String queue) {
    return node.post("/v1/queues.info", "{'queue_name':'" + queue + "'}").body();
  }

  @Test
  void tellsWhatWasCreated() {
    String dead = node.queue("");
    String queue = node.queue("'dead_queue':'" + dead + "','reference':'r','max_attempts':7");

    JsonNode info = info(queue);

    List<String> fields = new ArrayList<>();
    info.fieldNames().forEachRemaining(fields::add);
    assertThat(fields)
        .containsExactly(
            "queue_name",
            "created_at",
            "updated_at",
            "dead_queue",
            "reference",
            "lease_timeout",
            "expire_timeout",
            "max_attempts",
            "requested_partitions",
            "partitions",
            "namespace");
    assertThat(info.path("lease_timeout").asText()).isEqualTo("1m0s");
    assertThat(info.path("expire_timeout").asText()).isEqualTo("24h0m0s");
    assertThat(info.path("namespace").asText()).isEqualTo("_system");
    assertThat(info.path("partitions")).hasToString("[{}]");
    assertThat(info.path("created_at")).isEqualTo(info.path("updated_at"));
  }

  @Test
  void updatesWhatIsGivenAndOverwritesTheRest() {
    String dead = node.queue("");
    String queue = node.queue("'dead_queue':'" + dead + "','reference':'r','max_attempts':7");

    Answer answer =
        node.post("/v1/queues.update", "{'queue_name':'" + queue + "','lease_timeout':'2m'}");

    JsonNode info = info(queue);
    assertThat(answer.body()).hasToString("{\"code\":200}");
    assertThat(info.path("lease_timeout").asText()).isEqualTo("2m0s");
    assertThat(info.path("expire_timeout").asText()).isEqualTo("24h0m0s");
    assertThat(info.path("requested_partitions").asInt()).isEqualTo(1);
    assertThat(info.has("dead_queue")).isFalse();
    assertThat(info.has("reference")).isFalse();
    assertThat(info.has("max_attempts")).isFalse();
    assertThat(Instant.parse(info.path("updated_at").asText()))
        .isAfter(Instant.parse(info.path("created_at").asText()))
        .isBeforeOrEqualTo(Instant.now());
  }

  @Test
  void appliesANewLeaseTimeoutAtOnce() {
    String queue = node.queue("");
    node.produce(queue, "a");

    node.post("/v1/queues.update", "{'queue_name':'" + queue + "','lease_timeout':'3h'}");
    JsonNode item = node.lease(queue, 1, "1m").body().path("items").path(0);

    assertThat(Instant.parse(item.path("lease_deadline").asText()))
        .isAfter(Instant.now().plusSeconds(3 * 3600 - 60));
  }

  @Test
  void listsByNameFromAPivot() {
    String prefix = "list-" + UUID.randomUUID() + "-";
    for (String name : List.of("b", "a", "c", "\uD83D\uDE00", "\uFF5A")) {
      node.post(
          "/v1/queues.create",
          "{'queue_name':'"
              + prefix
              + name
              + "','lease_timeout':'1m','expire_timeout':'1h','requested_partitions':1}");
    }

    JsonNode page =
        node.post("/v1/queues.list", "{'pivot':'" + prefix + "aa','limit':4}").body().path("items");
    JsonNode elsewhere = node.post("/v1/queues.list", "{'namespace':'nowhere'}").body();

    List<String> names = new ArrayList<>();
    page.forEach(queue -> names.add(queue.path("queue_name").asText().substring(prefix.length())));
    assertThat(names).containsExactly("b", "c", "\uFF5A", "\uD83D\uDE00");
    assertThat(elsewhere).hasToString("{}");
  }

  @Test
  void startsEmptyWhenMadeAgainUnderItsName() {
    String queue = node.queue("");
    node.produce(queue, "a");
    CompletableFuture<Answer> other = node.leaseLater(node.queue(""), "c", 1, "20ms");

    Answer deleted = node.post("/v1/queues.delete", "{'queue_name':'" + queue + "'}");
    Answer gone = node.produce(queue, "b");
    Answer made =
        node.post(
            "/v1/queues.create",
            "{'queue_name':'"
                + queue
                + "','lease_timeout':'1m','expire_timeout':'1h','requested_partitions':2}");

    assertThat(deleted.body()).hasToString("{\"code\":200}");
    assertThat(gone.message())
        .isEqualTo("queue does not exist; no such queue named '" + queue + "'");
    assertThat(made.status()).isEqualTo(200);
    assertThat(node.stats(queue).path("partitions").path(0).has("total")).isFalse();
    assertThat(other.join().status()).isEqualTo(454);
  }

  @Test
  void endsWaitingCallsOfADeletedQueue() {
    String queue = node.queue("");
    CompletableFuture<Answer> waiting = node.leaseLater(queue, "c", 1, "1m");
    Awaitility.await().until(() -> node.stats(queue).path("lease_waiting").asInt() == 1);

    node.post("/v1/queues.delete", "{'queue_name':'" + queue + "'}");

    assertThat(waiting.join().status()).isEqualTo(453);
    assertThat(waiting.join().message()).isEqualTo("queue is shutting down");
  }

  @Test
  void createsAThousandPartitions() {
    String queue = "wide-" + UUID.randomUUID();

    Answer made =
        node.post(
            "/v1/queues.create",
            "{'queue_name':'"
                + queue
                + "','lease_timeout':'1m','expire_timeout':'1h','requested_partitions':1000}");

    assertThat(made.status()).isEqualTo(200);
    assertThat(info(queue).path("partitions")).hasSize(1000);
    assertThat(node.produce(queue, "a").status()).isEqualTo(200);
    assertThat(node.lease(queue, 1, "1m").status()).isEqualTo(200);
    assertThat(node.post("/v1/queues.delete", "{'queue_name':'" + queue + "'}").status())
        .isEqualTo(200);
  }

  @Test
  void wantsForceOnlyWhereItIsSet() {
    ServiceSettings settings =
        new ServiceSettings("n", 3, 4, 4, 10, 1_000, 1 << 20, 4, true, PartitionLimits.DEFAULT);
    try (TestNode strict = new TestNode(settings)) {
      String dead = strict.queue("");
      String queue = strict.queue("'dead_queue':'" + dead + "'");
      strict.produce(queue, "a");

      Answer notEmpty = strict.post("/v1/queues.delete", "{'queue_name':'" + queue + "'}");
      Answer inUse = strict.post("/v1/queues.delete", "{'queue_name':'" + dead + "'}");
      Answer forced =
          strict.post("/v1/queues.delete", "{'queue_name':'" + queue + "','force':true}");
      Answer free = strict.post("/v1/queues.delete", "{'queue_name':'" + dead + "'}");

      assertThat(notEmpty.message())
          .isEqualTo("queue cannot be deleted; '" + queue + "' is not empty, use force");
      assertThat(inUse.message())
          .isEqualTo(
              "queue cannot be deleted; '"
                  + dead
                  + "' is the dead queue of '"
                  + queue
                  + "', use force");
      assertThat(forced.status()).isEqualTo(200);
      assertThat(free.status()).isEqualTo(200);
    }
  }

  @Test
  void endsWaitingCallsWhenTheNodeStops() {
    TestNode other = new TestNode();
    String queue = other.queue("");
    CompletableFuture<Answer> waiting = other.leaseLater(queue, "c", 1, "1m");
    Awaitility.await().until(() -> other.stats(queue).path("lease_waiting").asInt() == 1);

    other.service().drain(false);
    Answer late = other.produce(queue, "a");
    Answer answer = waiting.join();
    other.close();

    assertThat(answer.status()).isEqualTo(453);
    assertThat(answer.message()).isEqualTo("service is shutting down");
    assertThat(late.status()).isEqualTo(453);
    assertThat(late.message()).isEqualTo("service is shutting down");
  }

  @Test
  void sendsCallersToOtherNodesWhenTheNodeLeavesThem() {
    TestNode other = new TestNode();
    String queue = other.queue("");
    CompletableFuture<Answer> waiting = other.leaseLater(queue, "c", 1, "1m");
    Awaitility.await().until(() -> other.stats(queue).path("lease_waiting").asInt() == 1);

    other.service().drain(true);
    Answer late = other.produce(queue, "a");
    Answer change = other.post("/v1/queues.delete", "{\"queue_name\":\"" + queue + "\"}");
    Answer answer = waiting.join();
    other.close();

    assertThat(List.of(answer, late, change))
        .allSatisfy(one -> {
          assertThat(one.status()).isEqualTo(454);
          assertThat(one.message()).isEqualTo("service is shutting down");
        });
  }
}

package io.querator.node.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.querator.node.api.TestNode.Answer;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// produce, lease, complete, retry and the other calls on items, over HTTP.
class ItemCallsIT {
  private static final TestNode node = new TestNode();

  @AfterAll
  static void close() {
    node.close();
  }

  @Test
  void leasesWhatWasProducedAndCompletesIt() {
    String queue = node.queue("");
    Instant before = Instant.now();

    Answer produced =
        node.post(
            "/v1/queue.produce",
            "{'queue_name':'%s','request_timeout':'1m','items':[{'kind':'k','reference':'r','encoding':'e','utf8':'payload'}]}"
                .formatted(queue));
    Answer leased = node.lease(queue, 10, "1m");

    assertThat(produced.body()).hasToString("{\"code\":200}");
    assertThat(leased.status()).isEqualTo(200);
    assertThat(leased.body().path("queue_name").asText()).isEqualTo(queue);
    assertThat(leased.body().has("partition")).isFalse();
    JsonNode item = leased.body().path("items").path(0);
    assertThat(item.path("kind").asText()).isEqualTo("k");
    assertThat(item.path("reference").asText()).isEqualTo("r");
    assertThat(item.path("encoding").asText()).isEqualTo("e");
    assertThat(item.path("attempts").asInt()).isEqualTo(1);
    assertThat(item.path("bytes").asText()).isEqualTo("cGF5bG9hZA==");
    assertThat(item.path("id").asText()).hasSize(27);
    assertThat(Instant.parse(item.path("lease_deadline").asText()))
        .isAfter(before.plus(Duration.ofSeconds(59)));

    Answer completed = node.complete(queue, 0, item.path("id").asText());
    Answer again = node.complete(queue, 0, item.path("id").asText());

    assertThat(completed.body()).hasToString("{\"code\":200}");
    assertThat(again.status()).isEqualTo(400);
    assertThat(again.message())
        .isEqualTo("invalid storage id; '" + item.path("id").asText() + "' does not exist");
    assertThat(again.detail("ids")).isEqualTo(item.path("id").asText());
  }

  @Test
  void wakesAWaitingLease() {
    String queue = node.queue("");
    CompletableFuture<Answer> waiting = node.leaseLater(queue, "c", 1, "1m");
    Awaitility.await().until(() -> node.stats(queue).path("lease_waiting").asInt() == 1);

    node.produce(queue, "a");

    assertThat(waiting.join().body().path("items")).hasSize(1);
    assertThat(node.stats(queue).has("lease_waiting")).isFalse();
  }

  @Test
  void wakesAWaitingLeaseWhateverMakesAnItemAvailable() {
    String dead = node.queue("");
    String queue = node.queue("'dead_queue':'" + dead + "'");
    String id = node.produce(queue, "a").status() == 200 ? leaseOne(queue) : "";

    CompletableFuture<Answer> retried = waiting(queue);
    node.post("/v1/queue.retry", "{'queue_name':'%s','items':[{'id':'%s'}]}".formatted(queue, id));
    String second = id(retried.join());

    CompletableFuture<Answer> scheduled = waiting(queue);
    node.post(
        "/v1/queue.retry",
        "{'queue_name':'%s','items':[{'id':'%s','retry_at':'%s'}]}"
            .formatted(queue, second, Instant.now().plusMillis(300)));
    String third = id(scheduled.join());

    CompletableFuture<Answer> imported = waiting(queue);
    node.post(
        "/v1/storage/items.import",
        "{'queue_name':'%s','items':[{'payload':'YQ=='}]}".formatted(queue));
    assertThat(imported.join().status()).isEqualTo(200);

    CompletableFuture<Answer> buried = waiting(dead);
    node.post(
        "/v1/queue.retry",
        "{'queue_name':'%s','items':[{'id':'%s','dead':true}]}".formatted(queue, third));
    assertThat(buried.join().status()).isEqualTo(200);

    String brief = node.queue("");
    node.post("/v1/queues.update", "{'queue_name':'" + brief + "','lease_timeout':'200ms'}");
    node.produce(brief, "a");
    leaseOne(brief);
    assertThat(waiting(brief).join().body().path("items").path(0).path("attempts").asInt())
        .isEqualTo(2);
  }

  private static CompletableFuture<Answer> waiting(String queue) {
    CompletableFuture<Answer> waiting =
        node.leaseLater(queue, UUID.randomUUID().toString(), 1, "10s");
    Awaitility.await()
        .until(() -> waiting.isDone() || node.stats(queue).path("lease_waiting").asInt() == 1);
    return waiting;
  }

  private static String leaseOne(String queue) {
    return id(node.lease(queue, 1, "10s"));
  }

  private static String id(Answer leased) {
    assertThat(leased.status()).isEqualTo(200);
    return leased.body().path("items").path(0).path("id").asText();
  }

  @Test
  void givesNothingToAClientThatHasGone() throws IOException {
    String queue = node.queue("");
    String body =
        "{\"queue_name\":\"%s\",\"client_id\":\"gone\",\"batch_size\":1,\"request_timeout\":\"1m\"}"
            .formatted(queue);
    try (Socket socket = new Socket("localhost", node.port())) {
      socket
          .getOutputStream()
          .write(
              ("POST /v1/queue.lease HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.UTF_8));
      Awaitility.await().until(() -> node.stats(queue).path("lease_waiting").asInt() == 1);
    }
    Awaitility.await().until(() -> !node.stats(queue).has("lease_waiting"));

    node.produce(queue, "a");
    Answer same = node.leaseLater(queue, "gone", 1, "10s").join();

    assertThat(same.status()).isEqualTo(200);
    assertThat(same.body().path("items").path(0).path("attempts").asInt()).isEqualTo(1);
  }

  @Test
  void endsALeaseThatFindsNothing() {
    String queue = node.queue("");

    Answer answer = node.lease(queue, 1, "20ms");

    assertThat(answer.status()).isEqualTo(454);
    assertThat(answer.message()).isEqualTo("request timeout; no items are in the queue, try again");
    assertThat(answer.detail("outcome")).isEqualTo("not-executed");
  }

  @Test
  void refusesASecondLeaseOfOneClient() {
    String queue = node.queue("");
    CompletableFuture<Answer> first = node.leaseLater(queue, "same", 1, "1m");
    Awaitility.await().until(() -> node.stats(queue).path("lease_waiting").asInt() == 1);

    Answer second = node.leaseLater(queue, "same", 1, "1m").join();
    node.produce(queue, "a");

    assertThat(second.status()).isEqualTo(400);
    assertThat(second.message())
        .isEqualTo(
            "duplicate client id; a client cannot make multiple leased requests to the same queue");
    assertThat(first.join().status()).isEqualTo(200);
  }

  @Test
  void retriesNowLaterAndDead() {
    String queue = node.queue("");
    node.produce(queue, "a", "b", "c");
    List<String> ids = new ArrayList<>();
    node.lease(queue, 3, "1m")
        .body()
        .path("items")
        .forEach(item -> ids.add(item.path("id").asText()));

    Answer answer =
        node.post(
            "/v1/queue.retry",
            "{'queue_name':'%s','items':[{'id':'%s'},{'id':'%s','retry_at':'2099-01-01T00:00:00Z'},{'id':'%s','dead':true}]}"
                .formatted(queue, ids.get(0), ids.get(1), ids.get(2)));
    JsonNode again = node.lease(queue, 3, "1m").body().path("items");

    assertThat(answer.body()).hasToString("{\"code\":200}");
    assertThat(again).hasSize(1);
    assertThat(again.path(0).path("id").asText()).isGreaterThan(ids.get(2));
    assertThat(again.path(0).path("attempts").asInt()).isEqualTo(2);
    JsonNode partition = node.stats(queue).path("partitions").path(0);
    assertThat(partition.path("total").asInt()).isEqualTo(1);
    assertThat(partition.path("total_leased").asInt()).isEqualTo(1);
    assertThat(partition.path("scheduled").asInt()).isEqualTo(1);
    assertThat(partition.has("failures")).isFalse();
  }

  @Test
  void listsEveryOffendingId() {
    String queue = node.queue("");
    node.produce(queue, "a", "b");
    JsonNode listed =
        node.post("/v1/storage/items.list", "{'queue_name':'" + queue + "'}").body().path("items");
    String leased = node.lease(queue, 1, "1m").body().path("items").path(0).path("id").asText();
    String waiting = listed.path(1).path("id").asText();
    String unknown = "000000000000000000000000000";

    Answer notLeased = node.complete(queue, 0, leased, waiting, unknown);
    Answer malformed = node.complete(queue, 0, leased, "x", waiting);

    assertThat(notLeased.message())
        .isEqualTo("item(s) cannot be completed; '" + waiting + "' is not marked as leased");
    assertThat(notLeased.detail("ids")).isEqualTo(waiting + "," + unknown);
    assertThat(malformed.message())
        .isEqualTo("invalid storage id; 'x': Valid encoded KSUIDs are 27 characters");
    assertThat(malformed.detail("ids")).isEqualTo("x," + waiting);
    assertThat(node.complete(queue, 0, leased, leased).status()).isEqualTo(200);
  }

  @Test
  void addsNothingWhenAKeyIsRepeated() {
    String queue = node.queue("");
    String request =
        "{'queue_name':'%s','request_timeout':'1m','idempotency_key':'%s','items':[{'utf8':'%s'}]}";
    String key = UUID.randomUUID().toString();

    Answer first = node.post("/v1/queue.produce", request.formatted(queue, key, "a"));
    Answer repeat =
        node.postWith(
            "/v1/queue.produce",
            "{'queue_name':'%s','request_timeout':'1m','items':[{'bytes':'YQ=='}]}"
                .formatted(queue),
            "Idempotency-Key",
            key);
    Answer other = node.post("/v1/queue.produce", request.formatted(queue, key, "b"));

    assertThat(first.status()).isEqualTo(200);
    assertThat(repeat.status()).isEqualTo(200);
    assertThat(other.status()).isEqualTo(400);
    assertThat(other.message())
        .isEqualTo("idempotency key is invalid; it has been used for a request with other items");
    assertThat(node.stats(queue).path("partitions").path(0).path("total").asInt()).isEqualTo(1);
  }

  @Test
  void asksForATimeoutOnlyWhereNothingIsAccepted() {
    String queue = node.queue("");
    String request = "{'queue_name':'" + queue + "','items':[{'utf8':'a'}]}";

    assertThat(node.post("/v1/queue.produce", request).status()).isEqualTo(200);
    Answer refused = node.postWith("/v1/queue.produce", request);

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.message())
        .isEqualTo("request timeout is required; '5m' is recommended, 15m is the maximum");
  }

  @Test
  void goesThroughPartitionsInTurn() {
    String queue = node.queue("'max_attempts':0");
    node.post("/v1/queues.update", "{'queue_name':'" + queue + "','requested_partitions':3}");
    for (int i = 0; i < 6; i++) {
      node.produce(queue, "a");
    }

    JsonNode partitions = node.stats(queue).path("partitions");

    assertThat(partitions).hasSize(3);
    partitions.forEach(p -> assertThat(p.path("total").asInt()).isEqualTo(2));
    Set<Integer> leasedFrom = new HashSet<>();
    for (int i = 0; i < 3; i++) {
      leasedFrom.add(node.lease(queue, 2, "1m").body().path("partition").asInt());
    }
    assertThat(leasedFrom).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void clears() {
    String queue = node.queue("");
    node.produce(queue, "a", "b");
    node.lease(queue, 1, "1m");

    Answer neither = node.post("/v1/queue.clear", "{'queue_name':'" + queue + "'}");
    Answer waiting = node.post("/v1/queue.clear", "{'queue_name':'" + queue + "','queue':true}");
    int left = node.stats(queue).path("partitions").path(0).path("total").asInt();
    JsonNode listed = node.post("/v1/storage/items.list", "{'queue_name':'" + queue + "'}").body();
    Answer all =
        node.post(
            "/v1/queue.clear", "{'queue_name':'" + queue + "','queue':true,'destructive':true}");

    assertThat(neither.message())
        .isEqualTo("invalid clear request; one of 'queue', 'scheduled' must be true");
    assertThat(waiting.status()).isEqualTo(200);
    assertThat(left).isEqualTo(1);
    assertThat(listed.path("items")).hasSize(1);
    assertThat(listed.path("items").path(0).path("is_leased").asBoolean()).isTrue();
    assertThat(all.status()).isEqualTo(200);
    assertThat(node.stats(queue).path("partitions").path(0).has("total")).isFalse();
    assertThat(node.post("/v1/queue.reload", "{'queue_name':'" + queue + "'}").status())
        .isEqualTo(200);
  }

  @Test
  void importsListsAndDeletesItems() {
    String queue = node.queue("");

    JsonNode imported =
        node.post(
                "/v1/storage/items.import",
                "{'queue_name':'%s','items':[{'source_id':'s','kind':'k','payload':'YQ=='},{'source_id':'s','id':'mine'},{'is_leased':true,'lease_deadline':'2099-01-01T00:00:00Z','attempts':3}]}"
                    .formatted(queue))
            .body()
            .path("items");
    JsonNode listed =
        node.post("/v1/storage/items.list", "{'queue_name':'" + queue + "'}").body().path("items");
    Answer deleted =
        node.post(
            "/v1/storage/items.delete",
            "{'queue_name':'%s','ids':['%s','000000000000000000000000000']}"
                .formatted(queue, imported.path(0).path("id").asText()));

    assertThat(imported).hasSize(3);
    assertThat(imported.path(1).path("id").asText()).isEqualTo("mine");
    assertThat(imported.path(2).path("is_leased").asBoolean()).isTrue();
    assertThat(listed).hasSize(2);
    assertThat(listed.path(0).path("id")).isEqualTo(imported.path(0).path("id"));
    assertThat(listed.path(0).path("lease_deadline").asText()).isEqualTo("0001-01-01T00:00:00Z");
    assertThat(listed.path(1).path("lease_deadline").asText()).isEqualTo("2099-01-01T00:00:00Z");
    assertThat(listed.path(1).path("attempts").asInt()).isEqualTo(3);
    assertThat(deleted.status()).isEqualTo(200);
    assertThat(
            node.post("/v1/storage/items.list", "{'queue_name':'" + queue + "'}")
                .body()
                .path("items"))
        .hasSize(1);
  }

  @Test
  void listsScheduledItems() {
    String queue = node.queue("");
    node.post(
        "/v1/queue.produce",
        "{'queue_name':'%s','request_timeout':'1m','items':[{'enqueue_at':'2099-01-01T00:00:00Z'}]}"
            .formatted(queue));

    JsonNode scheduled =
        node.post("/v1/storage/scheduled.list", "{'queue_name':'" + queue + "'}")
            .body()
            .path("items");

    assertThat(scheduled).hasSize(1);
    assertThat(scheduled.path(0).path("enqueue_at").asText()).isEqualTo("2099-01-01T00:00:00Z");
    assertThat(scheduled.path(0).path("expire_deadline").asText())
        .isEqualTo("2099-01-02T00:00:00Z");
    String id = scheduled.path(0).path("id").asText();
    assertThat(node.complete(queue, 0, id).message())
        .isEqualTo("invalid storage id; '" + id + "' does not exist");
  }
}

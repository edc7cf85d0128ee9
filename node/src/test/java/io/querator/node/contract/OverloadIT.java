package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.Call;
import io.querator.client.message.QueueCompleteRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.Reply;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// More than the database takes, and a database that is away: whoever is refused is told the truth,
/// what is acknowledged is kept, and the node can be asked how it is.
class OverloadIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /// What has been answered to produce calls, by payload.
  private static Map<String, Answer> answers(Map<String, CompletableFuture<Answer>> calls) {
    Map<String, Answer> answers = new HashMap<>();
    calls.forEach((payload, call) -> answers.put(payload, ApiClient.join(call)));
    return answers;
  }

  private static Map<String, CompletableFuture<Answer>> storm(
      TestServer server, TestQueue queue, String name, int calls, String timeout) {
    Map<String, CompletableFuture<Answer>> storm = new HashMap<>();
    for (int i = 0; i < calls; i++) {
      String payload = name + " " + i;
      storm.put(
          payload,
          server
              .api()
              .later(Call.QUEUE_PRODUCE, queue.produceRequest(payload).setRequestTimeout(timeout)));
    }
    return storm;
  }

  /// What was acknowledged is there once, what was not executed is not there.
  private static void assertTold(TestQueue queue, Map<String, Answer> answers) {
    List<String> there = TestQueue.payloads(queue.items());
    Set<String> distinct = new HashSet<>(there);
    assertThat(there).hasSameSizeAs(distinct);
    answers.forEach((payload, answer) -> {
      if (answer.ok()) {
        assertThat(distinct).contains(payload);
        return;
      }
      Reply reply = answer.reply();
      assertThat(reply.getCode()).as(reply.toString()).isEqualTo(454);
      if (reply.getDetailsOrThrow("outcome").equals("not-executed")) {
        assertThat(distinct).as(reply.getMessage()).doesNotContain(payload);
      }
    });
  }

  private static QueueCompleteRequest.Builder complete(TestQueue queue, String id) {
    return QueueCompleteRequest.newBuilder()
        .setQueueName(queue.name())
        .setRequestTimeout("300ms")
        .addIds(id);
  }

  private static void assertNotFinished(Answer answer) {
    Reply reply = answer.reply();
    assertThat(reply.getCode()).isEqualTo(454);
    assertThat(reply.getMessage())
        .isEqualTo("request timeout; the request was not finished in time, try again");
    assertThat(reply.getDetailsOrThrow("outcome")).isIn("not-executed", "unknown");
  }

  @Test
  void refusesWhatDoesNotFitIntoTheMailbox() throws SQLException {
    try (TestServer server =
            TestServer.start(
                "--queue-partition-mailbox-items=1000",
                "--queue-partition-mailbox-size=1MiB",
                "--queue-partition-turn-items=10");
        Connection database = server.database().connect()) {
      TestQueue queue = server.queue();
      TestQueue other = server.queue();
      queue.produce("before", "too");
      List<String> leased = TestQueue.ids(queue.lease(2));
      Map<String, CompletableFuture<Answer>> storm;
      Map<String, CompletableFuture<Answer>> hasty;
      Answer completed;
      Instant start = Instant.now();
      try (Statement lock = database.createStatement()) {
        database.setAutoCommit(false);
        lock.execute("LOCK TABLE querator.fence IN ACCESS EXCLUSIVE MODE");
        hasty = storm(server, queue, "hasty", 20, "300ms");
        completed = server.api().send(Call.QUEUE_COMPLETE, complete(queue, leased.get(0)));
        storm = storm(server, queue, "patient", 1500, "1m");

        await()
            .atMost(PATIENCE)
            .until(() -> storm.values().stream().filter(CompletableFuture::isDone).count() >= 450);
        await()
            .atMost(PATIENCE)
            .until(() -> hasty.values().stream().allMatch(CompletableFuture::isDone));
        assertThat(server.api().get("/health").status()).isEqualTo(200);
        assertThat(server.api().get("/health/ready").status()).isEqualTo(200);
        assertThat(server.api().get("/metrics").status()).isEqualTo(200);
        assertThat(queue.info().getQueueName()).isEqualTo(queue.name());
        assertThat(queue.stats().getProduceWaiting()).isPositive();
        assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(9));
        database.rollback();
      }

      Map<String, Answer> answers = answers(hasty);
      assertThat(answers.values()).allSatisfy(OverloadIT::assertNotFinished);
      assertNotFinished(completed);
      answers.putAll(answers(storm));
      assertThat(answers.values())
          .anyMatch(answer ->
              !answer.ok()
                  && answer.reply().getMessage().equals("queue is overloaded; try again later"));
      assertThat(answers.values().stream().filter(Answer::ok).count()).isGreaterThan(500);
      assertTold(queue, answers);
      boolean there = queue.complete(leased.get(0)).ok();
      assertThat(there || completed.reply().getDetailsOrThrow("outcome").equals("unknown"))
          .isTrue();
      assertThat(queue.complete(leased.get(1)).status()).isEqualTo(200);
      other.produce("after");
      assertThat(TestQueue.payloads(other.lease(1))).containsExactly("after");
    }
  }

  @Test
  void survivesADatabaseThatIsAway() {
    try (TestPostgresServer database = TestPostgres.ownServer();
        TestServer server = TestServer.on(database.database(), "--storages-0-commit-timeout=2s")) {
      TestQueue queue = server.queue();
      queue.produce("leased", "queued");
      String leased = queue.leaseOne().getId();
      CompletableFuture<Answer> waiting =
          server.api().later(Call.QUEUE_LEASE, queue.leaseRequest(10, "1m"));
      ApiClient.join(waiting);

      database.kill();
      Map<String, CompletableFuture<Answer>> hasty = storm(server, queue, "hasty", 50, "1s");
      Map<String, CompletableFuture<Answer>> patient = storm(server, queue, "patient", 50, "1m");
      Instant start = Instant.now();
      Map<String, Answer> answers = answers(hasty);
      Duration took = Duration.between(start, Instant.now());
      Reply completed = queue.complete(leased).reply();
      await().atMost(PATIENCE).until(() -> server.api().get("/health").status() == 503);
      assertThat(server.api().get("/health").text()).contains("\"status\":\"fail\"", "\"output\":");
      assertThat(server.api().get("/health/live").status()).isEqualTo(200);
      database.start();
      AtomicInteger tries = new AtomicInteger();
      await()
          .atMost(PATIENCE)
          .until(() ->
              server
                  .api()
                  .send(
                      Call.QUEUE_PRODUCE, queue.produceRequest("again " + tries.incrementAndGet()))
                  .ok());

      assertThat(took).isLessThan(Duration.ofSeconds(4));
      assertThat(answers.values()).noneMatch(Answer::ok);
      answers.putAll(answers(patient));
      assertThat(answers.values()).allMatch(answer -> answer.ok() || answer.status() == 454);
      if (completed.getCode() != 200) {
        assertThat(completed.getCode()).isEqualTo(454);
        assertThat(queue.complete(leased).status()).isIn(200, 400);
      }
      assertTold(queue, answers);
      await().atMost(PATIENCE).until(() -> server.api().get("/health").status() == 200);
      queue.produce("last");
      List<String> all = new ArrayList<>();
      while (!queue.isEmpty()) {
        QueueLeaseResponse next = queue.lease(1000);
        all.addAll(TestQueue.payloads(next));
        queue.complete(next);
      }
      assertThat(all).contains("last").doesNotHaveDuplicates();
    }
  }
}

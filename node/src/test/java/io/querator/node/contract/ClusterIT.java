package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.client.Call;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueueProduceRequest;
import io.querator.client.message.QueueStatsRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, under load through all of them: whichever dies, hangs, leaves or
/// forgets, nothing acknowledged is lost and nothing completed comes back.
class ClusterIT {
  private static final int PARTITIONS = 6;
  private static final int PAIRS = 3;
  private static final int MANY = 50;

  /// For more: `mvn verify -pl node -am -Dit.test=ClusterIT#losesNothingWhenNodesAreKilled
  /// -Dquerator.kills=100`.
  private static final int KILLS = Integer.getInteger("querator.kills", 10);

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// Within this every partition serves again after a kill.
  private static final Duration FAIL_OVER = Duration.ofSeconds(6);

  private static TestQueue queue(TestCluster cluster) {
    return TestQueue.create(
        cluster.api(),
        TestServer.freshName(),
        info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
  }

  private static void awaitMore(Traffic traffic) {
    int enough = traffic.acknowledged() + MANY;
    await().atMost(PATIENCE).until(() -> traffic.acknowledged() >= enough || traffic.ended());
  }

  /// Until each partition serves, as every node says.
  private static void awaitServing(TestCluster cluster, TestQueue queue) {
    for (String _ : cluster.names()) {
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> {
            QueueLogicalStats stats =
                cluster
                    .api()
                    .ok(Call.QUEUE_STATS, QueueStatsRequest.newBuilder().setQueueName(queue.name()))
                    .getLogicalQueues(0);
            return stats.getPartitionsCount() == PARTITIONS
                && stats.getPartitionsList().stream().allMatch(one -> one.getFailures() == 0);
          });
    }
  }

  @Test
  @Tag("timed")
  void losesNothingWhenNodesAreKilled() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = queue(cluster);
      Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      List<Duration> gaps = new ArrayList<>();
      try {
        for (int kill = 0; kill < KILLS; kill++) {
          awaitMore(traffic);
          String leader = cluster.leader();
          String victim =
              kill % 2 == 0
                  ? leader
                  : cluster.names().stream().filter(n -> !n.equals(leader)).findFirst().get();
          cluster.stop(victim, "KILL");
          long killed = System.nanoTime();
          awaitServing(cluster, queue);
          gaps.add(Duration.ofNanos(System.nanoTime() - killed));
          cluster.start(victim);
        }
        awaitMore(traffic);
      } finally {
        traffic.stop();
      }

      Collections.sort(gaps);
      Duration p99 = gaps.get((KILLS * 99 - 1) / 100);
      System.out.printf(
          "%d kills, served again after: p50 %s, p99 %s, max %s%n",
          KILLS, gaps.get(KILLS / 2), p99, gaps.getLast());
      assertThat(p99).isLessThan(FAIL_OVER);
      traffic.assertNothingLost();
    }
  }

  @Test
  void refusesNothingWhenNodesLeaveAndJoin() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = queue(cluster);
      Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      try {
        awaitMore(traffic);
        cluster.start("d");
        awaitMore(traffic);
        assertThat(cluster.stop("d", "TERM")).isZero();
        for (String name : cluster.names()) {
          awaitMore(traffic);
          assertThat(cluster.stop(name, "TERM")).isZero();
          awaitServing(cluster, queue);
          cluster.start(name);
        }
        awaitMore(traffic);
      } finally {
        traffic.stop();
      }

      assertThat(traffic.unknown()).isZero();
      traffic.assertNothingLost();
    }
  }

  @Test
  void goesOnWhenANodeHangsAndLetsItWriteNothingWhenItWakes()
      throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = queue(cluster);
      Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      try {
        awaitMore(traffic);
        for (String hung : List.of(cluster.leader(), "a")) {
          cluster.takeOut(hung);
          cluster.node(hung).signal("STOP");
          traffic.hang();
          // it owns something, so this waits until others do
          awaitMore(traffic);
          awaitMore(traffic);
          cluster.node(hung).signal("CONT");
          cluster.putBack(hung);
          awaitServing(cluster, queue);
        }
      } finally {
        traffic.stop();
      }

      traffic.assertNothingLost();
    }
  }

  @Test
  void findsEverythingAfterAllNodesDiedOrForgotWhoOwnsWhat()
      throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = queue(cluster);
      List<QueueProduceRequest.Builder> added = new ArrayList<>();
      add(queue, added, "before");
      cluster.killAll();
      cluster.startAll();
      awaitServing(cluster, queue);
      add(queue, added, "after all died");

      String first = cluster.names().getFirst();
      cluster.stop(first, "KILL");
      cluster.wipe(first);
      cluster.start(first);
      add(queue, added, "after one forgot");

      cluster.stop(first, "KILL");
      cluster.damage(first);
      cluster.start(first);
      add(queue, added, "after one was damaged");

      cluster.killAll();
      for (String name : List.of("a", "b", "c")) {
        cluster.wipe(name);
      }
      cluster.startAll();
      awaitServing(cluster, queue);
      add(queue, added, "after all forgot");

      assertThat(queue.total()).isEqualTo(added.size());
      Set<String> payloads = new HashSet<>();
      await()
          .atMost(PATIENCE)
          .until(() -> {
            QueueLeaseResponse leased = queue.lease(10);
            leased.getItemsList().forEach(item -> payloads.add(item.getBytes().toStringUtf8()));
            return payloads.size() == added.size();
          });
      assertThat(payloads)
          .containsExactlyInAnyOrder(
              "before",
              "after all died",
              "after one forgot",
              "after one was damaged",
              "after all forgot");
    }
  }

  /// Adds an item, and repeats what was acknowledged before.
  private static void add(
      TestQueue queue, List<QueueProduceRequest.Builder> added, String payload) {
    added.add(queue.produceRequest(payload).setIdempotencyKey(payload));
    added.forEach(queue::produce);
  }

  @Test
  @Tag("timed")
  void showsWhoOwnsWhat() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = queue(cluster);
      cluster.stop("b", "KILL");
      awaitServing(cluster, queue);

      JsonNode page = new ObjectMapper().readTree(cluster.api().get("/cluster").body());

      assertThat(page.path("nodes").findValuesAsText("name")).containsExactly("a", "c");
      assertThat(page.path("partitions").findValuesAsText("owner"))
          .hasSize(PARTITIONS)
          .containsOnly("a", "c");
      assertThat(page.path("partitions").findValuesAsText("queue_name")).containsOnly(queue.name());
      assertThat(page.path("leader").asText()).isIn("a", "c");
      assertThat(page.path("nodes").findValuesAsText("raft_role"))
          .containsExactlyInAnyOrder("leader", "follower");
      JsonNode failover = page.path("failovers").path(0);
      assertThat(failover.path("node").asText()).isEqualTo("b");
      assertThat(failover.path("cause").asText()).isIn("refused", "silent");
      assertThat(failover.path("partitions").asInt()).isEqualTo(PARTITIONS / 3);
      assertThat(failover.path("not_served_yet").asInt()).isZero();
      assertThat(failover.path("seconds").asDouble()).isPositive();
      String cause = failover.path("cause").asText();
      assertThat(new String(cluster.api().get("/metrics").body(), StandardCharsets.UTF_8))
          .contains("cluster_failover_seconds_count{cause=\"" + cause + "\"} 1");
      double before = secondsInState(page);
      await()
          .atMost(PATIENCE)
          .until(() ->
              secondsInState(new ObjectMapper().readTree(cluster.api().get("/cluster").body()))
                  > before);
    }
  }

  private static double secondsInState(JsonNode page) {
    return page.path("partitions").path(0).path("seconds_in_state").asDouble();
  }

  @Test
  void givesAnItemToWhoeverWaitsOnAnyNode() throws IOException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = TestQueue.create(cluster.api(), TestServer.freshName(), info -> info);
      for (int i = 0; i < 9; i++) {
        // calls go to one node after the other, the partition is on one of them
        CompletableFuture<Answer> waiting =
            cluster
                .api()
                .later(
                    Call.QUEUE_LEASE,
                    QueueLeaseRequest.newBuilder()
                        .setQueueName(queue.name())
                        .setClientId("client " + i)
                        .setBatchSize(1)
                        .setRequestTimeout("30s"));
        await().atMost(PATIENCE).until(() -> leaseWaiting(cluster, queue) == 1);

        queue.produce("item " + i);

        assertThat(waiting.join().status()).isEqualTo(200);
      }
    }
  }

  private static int leaseWaiting(TestCluster cluster, TestQueue queue) {
    return cluster
        .api()
        .ok(Call.QUEUE_STATS, QueueStatsRequest.newBuilder().setQueueName(queue.name()))
        .getLogicalQueues(0)
        .getLeaseWaiting();
  }
}

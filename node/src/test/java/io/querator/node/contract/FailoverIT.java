package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, of which one after the other is killed: the others serve its
/// partitions in time, nothing acknowledged is lost and nothing completed comes back; and operators
/// see it.
@Tag("timed")
class FailoverIT {
  private static final int PARTITIONS = 6;
  private static final int PAIRS = 3;
  private static final int MANY = 50;

  /// For more: `mvn verify -pl node -am -Dit.test=FailoverIT#losesNothingWhenNodesAreKilled
  /// -Dquerator.kills=100`.
  private static final int KILLS = Integer.getInteger("querator.kills", 10);

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// Within this every partition serves again after a kill.
  private static final Duration FAIL_OVER = Duration.ofSeconds(6);

  @Test
  void losesNothingWhenNodesAreKilled() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster()) {
      TestQueue queue = cluster.queue(PARTITIONS);
      Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      List<Duration> gaps = new ArrayList<>();
      try {
        for (int kill = 0; kill < KILLS; kill++) {
          traffic.awaitMore(MANY);
          String leader = cluster.leader();
          // who was killed lately owns nothing for a while, and is not missed
          Collection<String> owners = cluster.owners(queue).values();
          String victim =
              kill % 2 == 0
                  ? leader
                  : cluster.names().stream()
                      .filter(name -> !name.equals(leader))
                      .max(Comparator.comparing(name -> Collections.frequency(owners, name)))
                      .orElseThrow();
          cluster.stop(victim, "KILL");
          long killed = System.nanoTime();
          cluster.awaitServing(queue, PARTITIONS);
          gaps.add(Duration.ofNanos(System.nanoTime() - killed));
          if (kill == 0) {
            assertShown(cluster, queue, victim);
          }
          cluster.start(victim);
        }
        traffic.awaitMore(MANY);
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

  /// What operators see of the first failover of a cluster of three.
  private static void assertShown(TestCluster cluster, TestQueue queue, String victim) {
    List<String> others = cluster.names();
    // which node leads is known a little later than that the partitions are served
    JsonNode page =
        await()
            .atMost(PATIENCE)
            .until(
                () -> cluster.page(others.getFirst()),
                now -> now.path("nodes").findValuesAsText("raft_role").contains("leader"));

    assertThat(page.path("nodes").findValuesAsText("name")).isEqualTo(others);
    assertThat(page.path("partitions").findValuesAsText("owner"))
        .hasSize(PARTITIONS)
        .containsOnlyElementsOf(others);
    assertThat(page.path("partitions").findValuesAsText("queue_name")).containsOnly(queue.name());
    assertThat(page.path("leader").asText()).isIn(others);
    assertThat(page.path("nodes").findValuesAsText("raft_role"))
        .containsExactlyInAnyOrder("leader", "follower");
    JsonNode failover = page.path("failovers").path(0);
    assertThat(failover.path("node").asText()).isEqualTo(victim);
    String cause = failover.path("cause").asText();
    assertThat(cause).isIn("refused", "silent");
    assertThat(failover.path("partitions").asInt()).isEqualTo(PARTITIONS / 3);
    assertThat(failover.path("not_served_yet").asInt()).isZero();
    assertThat(failover.path("seconds").asDouble()).isPositive();
    assertThat(new String(cluster.api().get("/metrics").body(), StandardCharsets.UTF_8))
        .contains("cluster_failover_seconds_count{cause=\"" + cause + "\"} 1");
    double before = secondsInState(page);
    await().atMost(PATIENCE).until(() -> secondsInState(cluster.page(others.getFirst())) > before);
  }

  private static double secondsInState(JsonNode page) {
    return page.path("partitions").path(0).path("seconds_in_state").asDouble();
  }
}

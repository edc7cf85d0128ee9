package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.CutProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, each with its own way to the database, which is cut.
class ClusterStorageIT {
  private static final int PARTITIONS = 6;
  private static final int PAIRS = 2;
  private static final int MANY = 50;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Map<String, CutProxy> WAYS = new ConcurrentHashMap<>();

  private static TestCluster cluster;
  private TestQueue queue;

  @BeforeAll
  static void start() throws IOException {
    cluster = new TestCluster(ClusterStorageIT::way);
  }

  @AfterAll
  static void stop() throws IOException {
    cluster.close();
    for (CutProxy way : WAYS.values()) {
      way.close();
    }
  }

  @BeforeEach
  void createQueue() {
    queue = cluster.queue(PARTITIONS);
  }

  @AfterEach
  void deleteQueue() {
    WAYS.values().forEach(CutProxy::restore);
    queue.delete();
  }

  private static String way(String node, String url) {
    return WAYS.computeIfAbsent(
            node,
            _ -> {
              try {
                return CutProxy.before(url);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .through(url);
  }

  private static CutProxy wayOf(String node) {
    return Objects.requireNonNull(WAYS.get(node), node);
  }

  /// Until all nodes reach the database, or none does.
  private static void awaitReachable(boolean reachable) {
    await()
        .atMost(PATIENCE)
        .until(() ->
            cluster.page("a").path("nodes").findValuesAsText("storage_reachable").stream()
                .allMatch(Boolean.toString(reachable)::equals));
  }

  @Test
  void takesThePartitionsOfANodeThatCannotReachItsDatabase()
      throws IOException, InterruptedException {
    Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
    try {
      traffic.awaitMore(MANY);

      wayOf("b").cutAll();

      await()
          .atMost(PATIENCE)
          .until(() -> {
            Map<Integer, String> owners = cluster.owners(queue);
            return owners.size() == PARTITIONS && !owners.containsValue("b");
          });
      // also through the node that is cut off: the others own them
      traffic.awaitMore(MANY);
      wayOf("b").restore();
      cluster.awaitSpread(queue, PARTITIONS);
      traffic.awaitMore(MANY);
    } finally {
      traffic.stop();
    }
    traffic.assertNothingLost();
  }

  @Test
  void movesNothingWhenNobodyReachesTheDatabase() throws IOException, InterruptedException {
    queue.produce("before");
    Map<Integer, String> before = cluster.owners(queue);
    int moves = cluster.page("a").path("moves").asInt();
    int failovers = cluster.page("a").path("failovers").size();

    WAYS.values().forEach(CutProxy::cutAll);

    awaitReachable(false);
    assertThat(cluster.page("a").path("nodes").size()).isEqualTo(3);
    WAYS.values().forEach(CutProxy::restore);
    awaitReachable(true);
    await().atMost(PATIENCE).until(() -> cluster.owners(queue).equals(before));
    assertThat(cluster.page("a").path("moves").asInt()).isEqualTo(moves);
    assertThat(cluster.page("a").path("failovers").size()).isEqualTo(failovers);
    assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("before");
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.querator.storage.CutProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, each with its own way to the database, which is cut.
class ClusterStorageIT {
  private static final int PARTITIONS = 6;
  private static final int PAIRS = 2;
  private static final int MANY = 50;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, CutProxy> ways = new ConcurrentHashMap<>();

  private String way(String node, String url) {
    return ways.computeIfAbsent(
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

  private CutProxy wayOf(String node) {
    return Objects.requireNonNull(ways.get(node), node);
  }

  private static List<String> owners(TestCluster cluster, String asked) {
    List<String> owners = new ArrayList<>();
    for (JsonNode partition : cluster.page(asked).path("partitions")) {
      if (partition.path("state").asText().equals("serving")) {
        owners.add(partition.path("owner").asText());
      }
    }
    return owners;
  }

  private static void awaitMore(Traffic traffic) {
    int enough = traffic.acknowledged() + MANY;
    await().atMost(PATIENCE).until(() -> traffic.acknowledged() >= enough || traffic.ended());
  }

  private static void awaitSpread(TestCluster cluster) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          List<String> owners = owners(cluster, "a");
          return owners.size() == PARTITIONS && owners.containsAll(List.of("a", "b", "c"));
        });
  }

  @Test
  void takesThePartitionsOfANodeThatCannotReachItsDatabase()
      throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster(this::way)) {
      TestQueue queue =
          TestQueue.create(
              cluster.api(),
              TestServer.freshName(),
              info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
      awaitSpread(cluster);
      Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      try {
        awaitMore(traffic);

        wayOf("b").cutAll();

        await()
            .atMost(PATIENCE)
            .until(() -> {
              List<String> owners = owners(cluster, "a");
              return owners.size() == PARTITIONS && !owners.contains("b");
            });
        // also through the node that is cut off: the others own them
        awaitMore(traffic);
        wayOf("b").restore();
        awaitSpread(cluster);
        awaitMore(traffic);
      } finally {
        traffic.stop();
      }
      traffic.assertNothingLost();
    } finally {
      close();
    }
  }

  @Test
  void movesNothingWhenNobodyReachesTheDatabase() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster(this::way)) {
      TestQueue queue =
          TestQueue.create(
              cluster.api(),
              TestServer.freshName(),
              info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
      awaitSpread(cluster);
      queue.produce("before");
      List<String> before = owners(cluster, "a");
      int moves = cluster.page("a").path("moves").asInt();

      ways.values().forEach(CutProxy::cutAll);

      await()
          .atMost(PATIENCE)
          .until(() ->
              cluster.page("a").path("nodes").findValuesAsText("storage_reachable").stream()
                  .allMatch("false"::equals));
      assertThat(cluster.page("a").path("nodes").size()).isEqualTo(3);
      ways.values().forEach(CutProxy::restore);
      await()
          .atMost(PATIENCE)
          .until(() ->
              cluster.page("a").path("nodes").findValuesAsText("storage_reachable").stream()
                  .allMatch("true"::equals));
      await().atMost(PATIENCE).until(() -> owners(cluster, "a").equals(before));
      assertThat(cluster.page("a").path("moves").asInt()).isEqualTo(moves);
      assertThat(cluster.page("a").path("failovers").size()).isZero();
      assertThat(TestQueue.payloads(queue.lease(1))).containsExactly("before");
    } finally {
      close();
    }
  }

  private void close() throws IOException {
    for (CutProxy way : ways.values()) {
      way.close();
    }
    ways.clear();
  }
}

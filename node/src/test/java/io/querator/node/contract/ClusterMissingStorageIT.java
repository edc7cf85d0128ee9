package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.storage.TestMysql;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, of which one lacks a storage in its configuration.
class ClusterMissingStorageIT {
  private static final int PARTITIONS = 6;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Set<String> lacking = new CopyOnWriteArraySet<>();
  private final TestMysql.Database second = TestMysql.database(TestMysql.Kind.MARIADB);

  private List<String> further(String node) {
    return lacking.contains(node)
        ? List.of()
        : TestServer.storage(1, second.url(), second.user(), second.password());
  }

  private static Set<String> owners(TestCluster cluster, TestQueue queue) {
    Map<Integer, String> owners = cluster.owners(queue);
    return owners.size() == PARTITIONS ? Set.copyOf(owners.values()) : Set.of();
  }

  @Test
  void theOtherNodesServeWhatOneLacks() throws IOException, InterruptedException {
    try (TestCluster cluster = new TestCluster(this::further)) {
      TestQueue queue =
          TestQueue.create(
              cluster.api(),
              TestServer.freshName(),
              info -> info.setRequestedPartitions(PARTITIONS));
      await().atMost(PATIENCE).until(() -> owners(cluster, queue).equals(Set.of("a", "b", "c")));
      assertThat(cluster.page("a").path("partitions").findValuesAsText("storage"))
          .contains("default", "storage-1");

      cluster.stop("c", "TERM");
      lacking.add("c");
      cluster.start("c");

      await()
          .atMost(PATIENCE)
          .until(() -> cluster.page("c").path("missing_partitions").has("storage-1"));
      await().atMost(PATIENCE).until(() -> owners(cluster, queue).equals(Set.of("a", "b")));
      assertThat(cluster.node("c").output())
          .contains("partitions lie on a storage that is not configured")
          .contains(queue.name() + "/");
      await().atMost(PATIENCE).until(() -> reachable(cluster, "c").equals("false"));
      // also through the node that lacks it
      TestQueue through = new TestQueue(cluster.api("c"), queue.name());
      for (int i = 0; i < 2 * PARTITIONS; i++) {
        through.produce("item " + i);
      }
      int leased = 0;
      while (leased < 2 * PARTITIONS) {
        QueueLeaseResponse lease = through.lease(10);
        leased += lease.getItemsCount();
        through.complete(lease);
      }

      cluster.stop("c", "TERM");
      lacking.clear();
      cluster.start("c");
      await().atMost(PATIENCE).until(() -> owners(cluster, queue).equals(Set.of("a", "b", "c")));
      await().atMost(PATIENCE).until(() -> reachable(cluster, "c").equals("true"));
      assertThat(cluster.page("c").path("missing_partitions")).isEmpty();
    }
  }

  /// What a node knows of another's storages; empty if it does not know that one yet.
  private static String reachable(TestCluster cluster, String name) {
    for (JsonNode node : cluster.page("a").path("nodes")) {
      if (node.path("name").asText().equals(name)) {
        return node.path("storage_reachable").asText();
      }
    }
    return "";
  }
}

package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueueProduceRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Three nodes as processes, under load through all of them: whichever hangs, leaves or forgets,
/// nothing acknowledged is lost and nothing completed comes back. All of them run when a test ends.
class ClusterIT {
  private static final int PARTITIONS = 6;
  private static final int PAIRS = 3;
  private static final int MANY = 50;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @AutoClose private static TestCluster cluster;
  private TestQueue queue;

  @BeforeAll
  static void start() throws IOException {
    cluster = new TestCluster();
  }

  @BeforeEach
  void createQueue() {
    queue = cluster.queue(PARTITIONS);
  }

  @AfterEach
  void deleteQueue() {
    queue.delete();
  }

  @Test
  void refusesNothingWhenNodesLeaveAndJoin() throws IOException, InterruptedException {
    Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
    try {
      traffic.awaitMore(MANY);
      cluster.start("d");
      traffic.awaitMore(MANY);
      assertThat(cluster.stop("d", "TERM")).isZero();
      for (String name : cluster.names()) {
        traffic.awaitMore(MANY);
        assertThat(cluster.stop(name, "TERM")).isZero();
        cluster.awaitServing(queue, PARTITIONS);
        cluster.start(name);
      }
      traffic.awaitMore(MANY);
    } finally {
      traffic.stop();
    }

    assertThat(traffic.unknown()).isZero();
    traffic.assertNothingLost();
  }

  @Test
  void goesOnWhenANodeHangsAndLetsItWriteNothingWhenItWakes()
      throws IOException, InterruptedException {
    Traffic traffic = new Traffic(cluster.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
    try {
      traffic.awaitMore(MANY);
      for (String hung : List.of(cluster.leader(), "a")) {
        cluster.awaitSpread(queue, PARTITIONS);
        cluster.takeOut(hung);
        cluster.node(hung).signal("STOP");
        traffic.hang();
        // it owns something, so this waits until others do
        traffic.awaitMore(MANY);
        traffic.awaitMore(MANY);
        cluster.node(hung).signal("CONT");
        cluster.putBack(hung);
        cluster.awaitServing(queue, PARTITIONS);
      }
    } finally {
      traffic.stop();
    }

    traffic.assertNothingLost();
  }

  @Test
  void findsEverythingAfterAllNodesDiedOrForgotWhoOwnsWhat()
      throws IOException, InterruptedException {
    List<QueueProduceRequest.Builder> added = new ArrayList<>();
    add(queue, added, "before");
    cluster.killAll();
    cluster.startAll();
    cluster.awaitServing(queue, PARTITIONS);
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
    cluster.awaitServing(queue, PARTITIONS);
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

  /// Adds an item, and repeats what was acknowledged before.
  private static void add(
      TestQueue queue, List<QueueProduceRequest.Builder> added, String payload) {
    added.add(queue.produceRequest(payload).setIdempotencyKey(payload));
    added.forEach(queue::produce);
  }
}

package io.querator.cluster.atomix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.atomix.RaftSettings.Endpoint;
import io.querator.storage.PartitionKey;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Three voters in one JVM, which talk over real sockets and keep real logs.
class RaftGroupIT {
  private static final int PORT_MIN = 10_000;
  private static final int PORT_MAX = 30_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<NodeId, Endpoint> voters = new TreeMap<>();
  private final Map<NodeId, Path> directories = new HashMap<>();
  private final Map<NodeId, RaftGroup> groups = new HashMap<>();

  @BeforeEach
  void startAll() throws IOException {
    for (int i = 1; i <= 3; i++) {
      NodeId node = new NodeId("node-" + i);
      voters.put(node, new Endpoint("127.0.0.1", freePort()));
      directories.put(node, TestDirectories.create("raft"));
    }
    startEach();
  }

  private void startEach() {
    Map<NodeId, CompletableFuture<RaftGroup>> starting = new TreeMap<>();
    voters
        .keySet()
        .forEach(node -> starting.put(node, CompletableFuture.supplyAsync(() -> start(node))));
    starting.forEach((node, group) -> groups.put(node, group.join()));
  }

  /// A port that is free until we take it, also while the others connect to each other: the system
  /// gives those connections higher ones.
  private static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_MAX);
      try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
        return port;
      } catch (BindException e) {
        // taken
      }
    }
  }

  @AfterEach
  void stopAll() {
    CompletableFuture.allOf(
            groups.values().stream()
                .map(group -> CompletableFuture.runAsync(group::close))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  private RaftGroup start(NodeId node) {
    Path directory = directories.get(node);
    if (directory == null) {
      throw new AssertionError("no directory of " + node);
    }
    return RaftGroup.start(
        new RaftSettings(
            "test",
            node,
            voters,
            directory,
            RaftSettings.ELECTION_TIMEOUT,
            RaftSettings.HEARTBEAT_INTERVAL),
        _ -> {});
  }

  private RaftGroup leader() {
    await().atMost(PATIENCE).until(() -> groups.values().stream().anyMatch(RaftGroup::leads));
    return groups.values().stream().filter(RaftGroup::leads).findFirst().orElseThrow();
  }

  /// Until it went through: a leader may just be deposed.
  private void change(OwnershipCommand command) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          Optional<CompletableFuture<Void>> done = leader().submit(command);
          if (done.isEmpty()) {
            return false;
          }
          try {
            done.get().get(5, TimeUnit.SECONDS);
            return true;
          } catch (ExecutionException | TimeoutException e) {
            return false;
          }
        });
  }

  private static Define definition(int partition) {
    return new Define(List.of(new PartitionDefinition(new PartitionKey(partition), 0)), List.of());
  }

  private void awaitEverywhere(int partitions) {
    for (RaftGroup group : groups.values()) {
      await().atMost(PATIENCE).until(() -> group.view().partitions().size() == partitions);
    }
    List<OwnershipView> views = groups.values().stream().map(RaftGroup::view).toList();
    assertThat(views).extracting(OwnershipView::partitions).containsOnly(views.get(0).partitions());
  }

  @Test
  void followsOneTableAlsoWithoutItsLeaderAndChangesNothingWithoutAMajority() {
    change(new Found(3));
    change(definition(1));
    awaitEverywhere(1);

    close(leader());
    change(definition(2));
    awaitEverywhere(2);
    assertThat(leader().view().generation()).isEqualTo(3);

    RaftGroup last = leader();
    close(groups.values().stream().filter(group -> group != last).findFirst().orElseThrow());
    await().atMost(PATIENCE).until(() -> !last.leads());
    assertThat(last.submit(definition(3))).isEmpty();
    assertThat(last.view().partitions()).hasSize(2);
  }

  private void close(RaftGroup group) {
    group.close();
    groups.values().remove(group);
  }
}

package io.querator.cluster.atomix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.Renewal;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.cluster.link.PeerLink;
import io.querator.storage.PartitionKey;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Three voters in one JVM with real logs, whose links the test can cut. Most of the time is
/// waiting.
@Execution(ExecutionMode.CONCURRENT)
class RaftGroupIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Set<NodeId> VOTERS =
      Set.of(new NodeId("node-1"), new NodeId("node-2"), new NodeId("node-3"));

  private final Map<NodeId, Path> directories = new TreeMap<>();
  private final Map<NodeId, RaftGroup> groups = new ConcurrentHashMap<>();
  private final Map<NodeId, AtomicBoolean> lives = new ConcurrentHashMap<>();
  private final Set<NodeId> cutOff = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void startAll() throws IOException {
    for (NodeId voter : VOTERS) {
      directories.put(voter, TestDirectories.create("raft"));
    }
    List<CompletableFuture<?>> starting = new ArrayList<>();
    VOTERS.forEach(voter -> starting.add(start(voter)));
    starting.forEach(CompletableFuture::join);
  }

  private CompletableFuture<?> start(NodeId node) {
    Path directory = directories.get(node);
    if (directory == null) {
      throw new AssertionError("no directory of " + node);
    }
    RaftGroup group =
        new RaftGroup(
            new RaftSettings(
                node,
                VOTERS,
                directory,
                RaftSettings.ELECTION_TIMEOUT,
                RaftSettings.HEARTBEAT_INTERVAL,
                1 << 20),
            link(node),
            _ -> {},
            () -> {});
    groups.put(node, group);
    return group.start().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /// To those who run, without a network; one who was cut off is refused.
  private PeerLink link(NodeId from) {
    AtomicBoolean living = new AtomicBoolean(true);
    lives.put(from, living);
    return (to, subject, message, timeout) -> {
      RaftGroup group = groups.get(to);
      boolean apart = cutOff.contains(from) || cutOff.contains(to);
      if (group == null || apart || !living.get()) {
        throw new PeerException(Kind.REFUSED, to + " is not there", null);
      }
      try {
        return group.answer(from, subject, message).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException | ExecutionException | TimeoutException e) {
        throw new PeerException(Kind.UNKNOWN, String.valueOf(e.getMessage()), e);
      }
    };
  }

  @AfterEach
  void stopAll() {
    CompletableFuture.allOf(
            groups.values().stream()
                .map(group -> CompletableFuture.runAsync(group::close))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  private NodeId leader() {
    await().atMost(PATIENCE).until(() -> leading().isPresent());
    return leading().orElseThrow();
  }

  private Optional<NodeId> leading() {
    return groups.entrySet().stream()
        .filter(entry -> entry.getValue().leads() && !cutOff.contains(entry.getKey()))
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private RaftGroup group(NodeId node) {
    RaftGroup group = groups.get(node);
    if (group == null) {
      throw new AssertionError(node + " does not run");
    }
    return group;
  }

  private NodeId follower() {
    NodeId leader = leader();
    return groups.keySet().stream().filter(node -> !node.equals(leader)).findFirst().orElseThrow();
  }

  /// Until it went through: a leader may just be deposed.
  private void change(OwnershipCommand command) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .pollDelay(Duration.ZERO)
        .until(() -> tryTo(command));
  }

  private boolean tryTo(OwnershipCommand command) throws InterruptedException {
    Optional<CompletableFuture<Void>> done = group(leader()).submit(command);
    if (done.isEmpty()) {
      return false;
    }
    try {
      done.get().get(5, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  private static Define definition(int partition) {
    return new Define(List.of(new PartitionDefinition(new PartitionKey(partition), 0)), List.of());
  }

  private void awaitEverywhere(int partitions) {
    for (RaftGroup group : groups.values()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(group.view().partitions())
                  .as("at command %d", group.view().index())
                  .hasSize(partitions));
    }
    List<OwnershipView> views = groups.values().stream().map(RaftGroup::view).toList();
    assertThat(views).extracting(OwnershipView::partitions).containsOnly(views.get(0).partitions());
  }

  /// As if its process had died: what it still sends is lost.
  private void close(NodeId node) {
    Objects.requireNonNull(lives.get(node)).set(false);
    group(node).close();
    groups.remove(node);
  }

  @Test
  void followsOneTableAlsoWithoutItsLeaderAndChangesNothingWithoutAMajority() {
    change(new Found(3));
    change(definition(1));
    awaitEverywhere(1);

    close(leader());
    change(definition(2));
    awaitEverywhere(2);
    assertThat(group(leader()).view().generation()).isEqualTo(3);

    RaftGroup last = group(leader());
    close(follower());
    await().atMost(PATIENCE).until(() -> !last.leads());
    assertThat(last.submit(definition(3))).isEmpty();
    assertThat(last.view().partitions()).hasSize(2);
  }

  @RepeatedTest(3)
  void catchesUpAVoterThatStartsAgain() {
    change(new Found(1));
    NodeId stopped = follower();
    close(stopped);
    for (int i = 1; i <= 30; i++) {
      change(definition(i));
    }

    start(stopped).join();

    awaitEverywhere(30);
  }

  @Test
  void catchesUpAVoterThatLostItsLog() throws IOException {
    change(new Found(1));
    change(definition(1));
    NodeId stopped = follower();
    close(stopped);
    change(definition(2));
    directories.put(stopped, TestDirectories.create("raft"));

    start(stopped).join();

    awaitEverywhere(2);
  }

  @Test
  void goesOnWithItsTableAfterAllHaveStopped() {
    change(new Found(1));
    change(definition(1));
    awaitEverywhere(1);
    VOTERS.forEach(this::close);

    List<CompletableFuture<?>> starting = new ArrayList<>();
    VOTERS.forEach(voter -> starting.add(start(voter)));
    starting.forEach(CompletableFuture::join);

    change(definition(2));
    awaitEverywhere(2);
  }

  @Test
  void leadsElsewhereWhenTheLeaderIsCutOff() {
    change(new Found(1));
    NodeId before = leader();
    cutOff.add(before);

    change(definition(1));
    assertThat(leader()).isNotEqualTo(before);
    await().atMost(PATIENCE).until(() -> !group(before).leads());
    cutOff.clear();

    awaitEverywhere(1);
  }

  /// Its log ends in entries that nobody else has: they must be replaced before they are applied.
  @RepeatedTest(3)
  void forgetsWhatItCouldNotCommitBeforeItStartedAgain() {
    change(new Found(1));
    change(definition(1));
    NodeId alone = leader();
    cutOff.add(alone);
    for (int i = 100; i < 130; i++) {
      group(alone).submit(definition(i));
    }
    await().atMost(PATIENCE).until(() -> leading().isPresent());
    close(alone);
    cutOff.clear();
    for (int i = 2; i <= 20; i++) {
      change(new Define(definition(i).added(), List.of(new PartitionKey(1_000 + i))));
    }

    start(alone).join();

    awaitEverywhere(20);
  }

  @Test
  void keepsItsLogShort() throws IOException {
    change(new Found(1));
    byte[] text = new byte[40_000];
    String api = new String(text, StandardCharsets.US_ASCII).replace('\0', 'x');
    for (int i = 0; i < 200; i++) {
      change(
          new OwnershipCommand.Tick(
              new UUID(1, 1),
              1,
              1,
              List.of(
                  new Renewal(
                      new NodeId("x"), new UUID(1, 2), api, "", true, 1, "", 0, List.of()))));
    }

    for (Path directory : directories.values()) {
      await().atMost(PATIENCE).until(() -> bytes(directory) < 5 << 20);
    }
    change(definition(1));
    NodeId stopped = follower();
    close(stopped);
    start(stopped).join();
    awaitEverywhere(1);
  }

  private static long bytes(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(RaftGroupIT::size).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    return file.toFile().length();
  }
}

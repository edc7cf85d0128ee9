package io.querator.cluster.member;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.Member;
import io.querator.cluster.NodeId;
import io.querator.cluster.Ownership;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.atomix.RaftSettings;
import io.querator.cluster.link.PeerException;
import io.querator.cluster.link.PeerException.Kind;
import io.querator.cluster.link.PeerLink;
import io.querator.storage.PartitionKey;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Members in one JVM with real Raft logs, and a database that only counts epochs.
class ClusterMemberIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Set<NodeId> VOTERS =
      Set.of(new NodeId("a"), new NodeId("b"), new NodeId("c"));
  private static final int PARTITIONS = 12;

  private final Map<NodeId, Path> directories = new TreeMap<>();
  private final Map<NodeId, ClusterMember> members = new ConcurrentHashMap<>();
  private final Map<NodeId, TestHost> hosts = new ConcurrentHashMap<>();
  private final Database database = new Database();

  /// Epochs and claims, as the fence keeps them.
  private static final class Database {
    private final Map<PartitionKey, long[]> fences = new HashMap<>();

    /// @return the new epoch, 0 if a newer claim holds the partition
    synchronized long open(Step.Open claim) {
      Decision by = claim.decision();
      long[] fence = fences.computeIfAbsent(claim.key(), _ -> new long[3]);
      boolean newer =
          by.generation() > fence[0] || (by.generation() == fence[0] && by.version() > fence[1]);
      if (!newer) {
        return 0;
      }
      fence[0] = by.generation();
      fence[1] = by.version();
      fence[2]++;
      return fence[2];
    }

    synchronized long generation() {
      return fences.values().stream().mapToLong(fence -> fence[0]).max().orElse(0);
    }
  }

  /// Opens and closes at once.
  private final class TestHost implements OwnershipHost, AutoCloseable {
    private final CompletableFuture<ClusterMember> joined = new CompletableFuture<>();
    private final Set<PartitionKey> open = ConcurrentHashMap.newKeySet();
    private final ExecutorService keeper = Executors.newSingleThreadExecutor();

    @Override
    public void follow(OwnershipView view, List<Step> steps) {
      keeper.execute(() -> steps.forEach(this::take));
    }

    private void take(Step step) {
      ClusterMember member = joined.join();
      switch (step) {
        case Step.Open claim -> {
          long epoch = database.open(claim);
          if (epoch == 0) {
            member.lost(claim.key(), claim.decision(), 0);
          } else {
            open.add(claim.key());
            member.opened(claim.key(), claim.decision(), epoch);
          }
        }
        case Step.Close(var key) -> {
          open.remove(key);
          member.closed(key);
        }
      }
    }

    @Override
    public boolean storageReachable() {
      return true;
    }

    @Override
    public long seenGeneration() {
      return 0;
    }

    @Override
    public OptionalLong highestGeneration() {
      return OptionalLong.of(database.generation());
    }

    @Override
    public CompletableFuture<?> refreshCatalogue() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public Optional<Collection<PartitionDefinition>> partitions() {
      return Optional.of(
          IntStream.rangeClosed(1, PARTITIONS)
              .mapToObj(i -> new PartitionDefinition(new PartitionKey(i), i % 3))
              .toList());
    }

    @Override
    public void close() {
      keeper.shutdownNow();
    }
  }

  @BeforeEach
  void startAll() throws IOException {
    for (NodeId voter : VOTERS) {
      directories.put(voter, TestDirectories.create("raft"));
    }
    VOTERS.forEach(this::start);
    awaitServedBy(VOTERS);
  }

  private void start(NodeId node) {
    Path directory = directories.getOrDefault(node, Path.of("unused"));
    TestHost host = new TestHost();
    hosts.put(node, host);
    ClusterMember member =
        new ClusterMember(
            new MemberSettings(
                node,
                UUID.randomUUID(),
                "api",
                "peer",
                VOTERS,
                directory,
                MemberSettings.LEASE,
                RaftSettings.ELECTION_TIMEOUT,
                1,
                "1.0"),
            link(node),
            host);
    members.put(node, member);
    host.joined.complete(member);
    CompletableFuture<?> _ = member.vote();
    member.join();
  }

  private PeerLink link(NodeId from) {
    return (to, subject, message, timeout) -> {
      ClusterMember member = members.get(to);
      if (member == null) {
        throw new PeerException(Kind.REFUSED, to + " is not there", null);
      }
      return member.answer(from, subject, message);
    };
  }

  private void stop(NodeId node) {
    Objects.requireNonNull(members.remove(node)).close();
    Objects.requireNonNull(hosts.remove(node)).close();
  }

  @AfterEach
  void stopAll() {
    CompletableFuture.allOf(
            List.copyOf(members.keySet()).stream()
                .map(node -> CompletableFuture.runAsync(() -> stop(node)))
                .toArray(CompletableFuture[]::new))
        .join();
  }

  /// Until each of `nodes` serves its share, and the table and the nodes agree on it.
  private void awaitServedBy(Set<NodeId> nodes) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          OwnershipView view = view();
          assertThat(view.partitions())
              .hasSize(PARTITIONS)
              .allMatch(partition -> partition.state() == Ownership.State.SERVING);
          Map<NodeId, Set<PartitionKey>> owned =
              view.partitions().stream()
                  .collect(
                      Collectors.groupingBy(
                          partition -> Objects.requireNonNull(partition.owner()),
                          Collectors.mapping(Ownership::key, Collectors.toSet())));
          assertThat(owned.keySet()).isEqualTo(nodes);
          owned.forEach((node, keys) -> {
            assertThat(keys).hasSize(PARTITIONS / nodes.size());
            assertThat(Objects.requireNonNull(hosts.get(node)).open).isEqualTo(keys);
          });
        });
  }

  /// What any running member knows.
  private OwnershipView view() {
    return members.values().iterator().next().view();
  }

  private NodeId leader() {
    await().atMost(PATIENCE).until(() -> members.values().iterator().next().leader().isPresent());
    return members.values().iterator().next().leader().orElseThrow();
  }

  @Test
  void aDeadLeadersPartitionsGoToTheOthers() {
    NodeId dead = leader();

    stop(dead);

    awaitServedBy(members.keySet());
    assertThat(view().members()).extracting(Member::id).doesNotContain(dead);
  }

  @Test
  void aMemberThatIsNoVoterGetsItsShareAndGivesItBackWhenItDrains() {
    NodeId fourth = new NodeId("d");
    start(fourth);
    awaitServedBy(Set.of(new NodeId("a"), new NodeId("b"), new NodeId("c"), fourth));

    assertThat(Objects.requireNonNull(members.get(fourth)).drain(fourth, true)).isTrue();
    awaitServedBy(VOTERS);
    assertThat(Objects.requireNonNull(members.get(fourth)).leave()).isTrue();

    await()
        .atMost(PATIENCE)
        .until(() ->
            Objects.requireNonNull(members.get(leader())).view().members().stream()
                .noneMatch(member -> member.id().equals(fourth)));
    stop(fourth);
  }

  @Test
  void aTableThatWasLostBeginsAboveWhatTheDatabaseHolds() throws IOException {
    long before = view().generation();
    VOTERS.forEach(this::stop);
    for (NodeId voter : VOTERS) {
      directories.put(voter, TestDirectories.create("raft"));
    }

    VOTERS.forEach(this::start);

    awaitServedBy(VOTERS);
    assertThat(view().generation()).isGreaterThan(before);
  }

  @Test
  void aMemberThatIsAloneKeepsWhatItHasAndTakesNoMore() {
    List<NodeId> others = VOTERS.stream().filter(node -> !node.equals(leader())).toList();
    NodeId last = others.getFirst();
    Set<PartitionKey> had = Set.copyOf(Objects.requireNonNull(hosts.get(last)).open);

    // the other two vanish at the same moment
    CompletableFuture.allOf(
            VOTERS.stream()
                .filter(node -> !node.equals(last))
                .map(node -> CompletableFuture.runAsync(() -> stop(node)))
                .toArray(CompletableFuture[]::new))
        .join();
    await().atMost(PATIENCE).until(() -> Objects.requireNonNull(members.get(last)).isUnheard());

    assertThat(Objects.requireNonNull(hosts.get(last)).open).isEqualTo(had);
  }
}

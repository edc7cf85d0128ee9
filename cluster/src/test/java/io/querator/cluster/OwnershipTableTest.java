package io.querator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.querator.cluster.Ownership.State;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Drain;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.cluster.Renewal.Fate;
import io.querator.cluster.Renewal.Report;
import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class OwnershipTableTest {
  private static final long LEASE = 1_500;
  private static final UUID CONTROLLER = new UUID(9, 9);

  private final OwnershipTable table = new OwnershipTable();
  private final Map<String, UUID> incarnations = new HashMap<>();
  private final Set<String> unreachable = new HashSet<>();
  private UUID controller = CONTROLLER;
  private long index;

  private void apply(OwnershipCommand command) {
    table.apply(++index, command);
  }

  private void define(int partitions) {
    List<PartitionDefinition> added = new ArrayList<>();
    for (int i = 0; i < partitions; i++) {
      added.add(new PartitionDefinition(new PartitionKey(i), 0));
    }
    apply(new Define(added, List.of()));
    apply(new Found(1));
  }

  private UUID incarnation(String node) {
    return incarnations.computeIfAbsent(node, _ -> UUID.randomUUID());
  }

  private Renewal renewal(String node, List<Report> reports) {
    return new Renewal(
        new NodeId(node),
        incarnation(node),
        node + ":2319",
        node + ":2320",
        !unreachable.contains(node),
        1,
        "1.0",
        0,
        reports);
  }

  /// Time passes, these nodes are heard of and do what they are told.
  private void tick(long elapsed, String... nodes) {
    List<Renewal> renewals =
        Arrays.stream(nodes).map(node -> renewal(node, reports(node))).toList();
    apply(new Tick(controller, elapsed, LEASE, renewals));
  }

  private List<Report> reports(String node) {
    List<Report> reports = new ArrayList<>();
    for (Ownership partition : table.view().partitions()) {
      if (partition.isOf(new NodeId(node), incarnation(node))) {
        Fate fate = partition.state() == State.RELEASING ? Fate.RELEASED : Fate.OPENED;
        reports.add(new Report(partition.key(), partition.version(), partition.epoch() + 1, fate));
      }
    }
    return reports;
  }

  /// Nodes that do as they are told, until nothing changes any more.
  private void settle(String... nodes) {
    for (int i = 0; i < 20; i++) {
      tick(10, nodes);
    }
  }

  private Map<String, Integer> counts() {
    Map<String, Integer> counts = new HashMap<>();
    for (Ownership partition : table.view().partitions()) {
      counts.merge(String.valueOf(partition.owner()), 1, Integer::sum);
    }
    return counts;
  }

  private long in(State state) {
    return table.view().partitions().stream().filter(p -> p.state() == state).count();
  }

  @Test
  void assignsNothingBeforeItHasAGeneration() {
    apply(new Define(List.of(new PartitionDefinition(new PartitionKey(1), 0)), List.of()));
    tick(0, "a");

    assertThat(in(State.FREE)).isEqualTo(1);
    apply(new Found(7));

    assertThat(in(State.ASSIGNED)).isEqualTo(1);
    assertThat(table.view().generation()).isEqualTo(7);
  }

  @Test
  void sharesPartitionsAndMovesAFewAtATimeToANodeThatJoins() {
    define(50);
    settle("a");
    assertThat(counts()).isEqualTo(Map.of("a", 50));

    tick(0, "a", "b");

    assertThat(in(State.RELEASING)).isEqualTo(OwnershipTable.MOVES_MIN);
    tick(0, "a");
    assertThat(in(State.ASSIGNED)).isEqualTo(OwnershipTable.MOVES_MIN);
    assertThat(in(State.RELEASING)).isZero();
    settle("a", "b");
    settle("a", "b");
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 25, "b", 25));
    assertThat(in(State.SERVING)).isEqualTo(50);
  }

  @Test
  void movesMoreAtATimeInALargeTable() {
    define(1_600);
    settle("a");

    tick(0, "a", "b");

    assertThat(in(State.RELEASING)).isEqualTo(1_600 / 2 / OwnershipTable.MOVES_SHARE);
  }

  @Test
  void isNotHeldUpByAPartitionThatIsNotOpened() {
    define(10);
    settle("a");
    tick(0, "a", "b");
    tick(0, "a");
    assertThat(in(State.ASSIGNED)).isEqualTo(OwnershipTable.MOVES_MIN);

    // b is heard of, and opens nothing
    for (long passed = 0; passed <= OwnershipTable.OPEN_MAX_MILLIS; passed += 250) {
      List<Renewal> renewals = List.of(renewal("a", reports("a")), renewal("b", List.of()));
      apply(new Tick(controller, 250, LEASE, renewals));
    }

    assertThat(in(State.ASSIGNED)).isEqualTo(2 * OwnershipTable.MOVES_MIN);
  }

  @Test
  void takesNothingFromASettledNodeForOneThatHasJustCome() {
    define(4);
    settle("a");
    let(OwnershipTable.SETTLE_MILLIS, "a");

    tick(1, "a", "b");
    assertThat(counts()).containsExactly(Map.entry("a", 4));
    let(OwnershipTable.SETTLE_MILLIS, "a", "b");
    settle("a", "b");

    assertThat(counts()).containsOnly(Map.entry("a", 2), Map.entry("b", 2));
  }

  @Test
  void takesNothingFromASettledNodeWhileAnotherHasJustCome() {
    define(6);
    settle("a");
    let(OwnershipTable.SETTLE_MILLIS, "a");
    tick(1, "a", "b");
    let(OwnershipTable.SETTLE_MILLIS / 2, "a", "b");

    tick(1, "a", "b", "c");
    let(OwnershipTable.SETTLE_MILLIS / 2, "a", "b", "c");
    settle("a", "b", "c");
    assertThat(counts()).containsExactly(Map.entry("a", 6));
    let(OwnershipTable.SETTLE_MILLIS, "a", "b", "c");
    settle("a", "b", "c");

    assertThat(counts()).containsOnly(Map.entry("a", 2), Map.entry("b", 2), Map.entry("c", 2));
  }

  @Test
  void isNotHeldUpForEverByNodesThatCome() {
    define(4);
    settle("a");
    let(OwnershipTable.SETTLE_MILLIS, "a");
    tick(1, "a", "b");
    long last = table.view().now() + OwnershipTable.CALM_MAX_MILLIS - 1_000;
    for (int i = 0; table.view().now() < last; i++) {
      // one comes and goes, then another
      tick(300, "a", "b", "x" + i);
      tick(300, "a", "b");
      assertThat(counts()).containsExactly(Map.entry("a", 4));
    }
    let(1_000 + 2 * LEASE, "a", "b");

    tick(1, "a", "b");
    settle("a", "b");

    assertThat(counts()).containsOnly(Map.entry("a", 2), Map.entry("b", 2));
  }

  @Test
  void givesWhatIsFreeToANodeThatHasJustCome() {
    define(4);
    settle("a");
    let(OwnershipTable.SETTLE_MILLIS, "a");
    tick(1, "a", "b");

    apply(new Leave(new NodeId("a"), incarnation("a")));

    assertThat(counts()).containsExactly(Map.entry("b", 4));
  }

  @Test
  void givesTheEpochsThatItHeardOfToTheNextOwner() {
    define(1);
    settle("a");
    long version = table.view().partitions().getFirst().version();
    var report = new Report(new PartitionKey(0), version, 41, Fate.OPENED);
    apply(new Tick(controller, 0, LEASE, List.of(renewal("a", List.of(report)))));

    apply(new Evict(new NodeId("a"), incarnation("a")));
    tick(0, "b");

    assertThat(table.view().partitions())
        .singleElement()
        .satisfies(partition -> {
          assertThat(partition.epoch()).isEqualTo(41);
          assertThat(partition.owner()).isEqualTo(new NodeId("b"));
          assertThat(partition.version()).isGreaterThan(version);
        });
  }

  @Test
  void takesAllFromANodeThatIsNotHeardOfAtOnce() {
    define(100);
    settle("a", "b");
    for (int i = 0; i < 4; i++) {
      tick(300, "a");
    }
    assertThat(counts()).containsEntry("b", 50);

    tick(300, "a");

    assertThat(counts()).isEqualTo(Map.of("a", 100));
    assertThat(in(State.RELEASING)).isZero();
  }

  @Test
  void expiresNobodyWhileAControllerHung() {
    define(10);
    settle("a", "b");

    tick(60_000);
    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));
    for (int i = 0; i < 3; i++) {
      tick(300);
    }
    controller = UUID.randomUUID();
    tick(300);
    tick(300);

    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));
  }

  @Test
  void keepsANodeThatFailedOutForAWhileUnlessThereIsNoOther() {
    define(10);
    settle("a", "b");
    apply(new Evict(new NodeId("b"), incarnation("b")));
    incarnations.remove("b");

    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 10));
    for (int i = 0; i < 34; i++) {
      tick(300, "a", "b");
    }
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));

    apply(new Evict(new NodeId("b"), incarnation("b")));
    apply(new Evict(new NodeId("a"), incarnation("a")));
    settle("b");
    assertThat(counts()).isEqualTo(Map.of("b", 10));
  }

  @Test
  void keepsAtMostHalfOfTheNodesOut() {
    define(12);
    settle("a", "b", "c", "d");
    for (String node : List.of("b", "c", "d")) {
      apply(new Evict(new NodeId(node), incarnation(node)));
      incarnations.remove(node);
      tick(10, "a");
    }

    settle("a", "b", "c", "d");

    assertThat(counts()).isEqualTo(Map.of("a", 6, "b", 6));
  }

  @Test
  void boundsTheMovesOfANodeThatComesAndGoes() {
    define(10);
    settle("a", "b");
    int moves = 0;
    for (int second = 0; second < 120; second++) {
      Map<String, Integer> before = counts();
      if (second % 8 == 0) {
        apply(new Evict(new NodeId("b"), incarnation("b")));
        incarnations.remove("b");
      }
      for (int i = 0; i < 4; i++) {
        tick(250, "a", "b");
      }
      moves += before.equals(counts()) ? 0 : 1;
    }

    assertThat(moves).isLessThanOrEqualTo(3);
    assertThat(counts()).isEqualTo(Map.of("a", 10));
  }

  @Test
  void emptiesADrainingNodeAndHoldsNothingAgainstOneThatLeft() {
    define(10);
    settle("a", "b");

    apply(new Drain(new NodeId("b"), true));
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 10));
    apply(new Leave(new NodeId("b"), incarnation("b")));
    tick(0, "b");
    assertThat(table.view().members()).hasSize(1);
    incarnations.remove("b");
    settle("a", "b");

    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));
  }

  @Test
  void givesNothingToADrainingNodeThatWasNotHeardOfForAWhile() {
    define(10);
    settle("a", "b", "c");
    apply(new Drain(new NodeId("b"), true));
    settle("a", "b", "c");

    for (int i = 0; i < 50; i++) {
      tick(250, "a", "c");
    }
    assertThat(table.view().members()).hasSize(2);
    for (int i = 0; i < 200; i++) {
      tick(250, "a", "b", "c");
    }

    assertThat(table.view().draining()).containsExactly(new NodeId("b"));
    assertThat(counts()).isEqualTo(Map.of("a", 5, "c", 5));
    // another process of that name is not meant
    incarnations.remove("b");
    for (int i = 0; i < 200; i++) {
      tick(250, "a", "b", "c");
    }
    assertThat(table.view().draining()).isEmpty();
    assertThat(counts()).containsKey("b");
  }

  @Test
  void goesOnWithANodeThatCannotReachItsDatabaseOnlyIfNobodyCan() {
    define(10);
    settle("a", "b");

    unreachable.add("b");
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));
    let(OwnershipTable.CUT_OFF_MILLIS, "a", "b");
    // without waiting for a node whose turns hang
    assertThat(counts()).isEqualTo(Map.of("a", 10));
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 10));
    unreachable.remove("b");
    settle("a", "b");
    assertThat(counts()).isEqualTo(Map.of("a", 5, "b", 5));
    List<Long> before = table.view().partitions().stream().map(Ownership::version).toList();
    // one notices after the other that the storage is away, and that it is back
    for (Runnable step :
        List.<Runnable>of(
            () -> unreachable.add("a"),
            () -> unreachable.add("b"),
            () -> unreachable.remove("b"),
            () -> unreachable.remove("a"))) {
      step.run();
      let(OwnershipTable.CUT_OFF_MILLIS - OwnershipTable.ELAPSED_MAX_MILLIS, "a", "b");
    }

    assertThat(table.view().partitions()).extracting(Ownership::version).isEqualTo(before);
    assertThat(in(State.SERVING)).isEqualTo(10);
  }

  /// Time passes as these nodes are heard of.
  private void let(long millis, String... nodes) {
    for (long passed = 0; passed < millis; passed += OwnershipTable.ELAPSED_MAX_MILLIS) {
      tick(OwnershipTable.ELAPSED_MAX_MILLIS, nodes);
    }
  }

  @Test
  void passesOverAnOwnerThatDoesNotLetGo() {
    define(2);
    settle("a");
    List<Renewal> stubborn = List.of(renewal("a", List.of()), renewal("b", List.of()));
    apply(new Tick(controller, 0, LEASE, stubborn));
    assertThat(in(State.RELEASING)).isEqualTo(1);

    for (int i = 0; i < 17; i++) {
      apply(new Tick(controller, 300, LEASE, stubborn));
    }

    assertThat(counts()).isEqualTo(Map.of("a", 1, "b", 1));
  }

  @Test
  void ignoresReportsOnOlderDecisions() {
    define(1);
    settle("a");
    Ownership before = table.view().partitions().getFirst();

    var old = new Report(before.key(), before.version() - 1, 0, Fate.RELEASED);
    apply(new Tick(controller, 0, LEASE, List.of(renewal("a", List.of(old)))));

    assertThat(table.view().partitions()).containsExactly(before);
  }

  @Test
  void refusesADamagedSnapshot() {
    define(3);
    settle("a", "b");
    byte[] bytes = table.encode();

    assertThat(OwnershipTable.decode(bytes).encode()).isEqualTo(bytes);
    for (int i = 0; i < bytes.length; i++) {
      byte[] damaged = bytes.clone();
      damaged[i] ^= 1;
      assertThatIllegalArgumentException().isThrownBy(() -> OwnershipTable.decode(damaged));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OwnershipTable.decode(Arrays.copyOf(bytes, bytes.length - 1)));
    assertThatIllegalArgumentException().isThrownBy(() -> OwnershipTable.decode(new byte[0]));
    assertThatIllegalArgumentException().isThrownBy(() -> CommandCodec.decode(new byte[] {2, 1}));
  }

  @Test
  void tellsHowLongThePartitionsOfADeadNodeWereNotServed() {
    define(4);
    settle("a", "b");
    tick(100, "a");

    apply(new Evict(new NodeId("b"), incarnation("b")));

    Failover begun = failover();
    assertThat(begun.node()).isEqualTo(new NodeId("b"));
    assertThat(begun.cause()).isEqualTo(Failover.Cause.REFUSED);
    assertThat(begun.partitions()).isEqualTo(2);
    assertThat(begun.waiting()).hasSize(2);
    assertThat(begun.durationMillis(table.view().now())).isEqualTo(100);
    tick(50, "a");
    tick(50, "a");
    assertThat(failover().waiting()).isEmpty();
    assertThat(failover().durationMillis(table.view().now() + 1_000)).isEqualTo(150);
  }

  @Test
  void countsAPartitionThatIsGoneAsServed() {
    define(1);
    settle("a");
    apply(new Evict(new NodeId("a"), incarnation("a")));

    apply(new Define(List.of(), List.of(new PartitionKey(0))));

    assertThat(failover().waiting()).isEmpty();
  }

  @Test
  void remembersTheLastFailoversAndWhyTheyWere() {
    define(2);
    settle("a", "b");
    incarnations.remove("b");
    settle("a", "b");
    assertThat(failover().cause()).isEqualTo(Failover.Cause.RESTARTED);
    settle("a", "c");
    for (int i = 0; i < 8; i++) {
      tick(300, "a");
    }
    assertThat(failover().node()).isEqualTo(new NodeId("c"));
    assertThat(failover().cause()).isEqualTo(Failover.Cause.SILENT);
    for (int i = 0; i <= OwnershipTable.FAILOVERS_MAX; i++) {
      settle("a", "d");
      apply(new Leave(new NodeId("a"), incarnation("a")));
      incarnations.remove("a");
    }

    assertThat(table.view().failovers()).hasSize(OwnershipTable.FAILOVERS_MAX);
    assertThat(failover().cause()).isEqualTo(Failover.Cause.LEFT);
  }

  @Test
  void countsPartitionsThatWereHandedOver() {
    define(4);
    settle("a");

    settle("a", "b");

    assertThat(table.view().moves()).isEqualTo(2);
    assertThat(table.view().failovers()).isEmpty();
  }

  private Failover failover() {
    return table.view().failovers().getLast();
  }
}

package io.querator.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.PartitionKey;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The rules of the balancer over random nodes, partitions and histories. `-Dseed=N` repeats one.
class BalancerTest {
  private record Placed(PartitionKey key, long queue, @Nullable NodeId home)
      implements Balancer.Placed {}

  private static final int ROUNDS = 2_000;

  private static void forManySeeds(Consumer<SplittableRandom> property) {
    Long given = Long.getLong("seed");
    long first = given == null ? new SplittableRandom().nextLong() : given;
    for (long seed = first; seed < first + (given == null ? ROUNDS : 1); seed++) {
      try {
        property.accept(new SplittableRandom(seed));
      } catch (AssertionError e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static SortedSet<NodeId> nodes(SplittableRandom random, int most) {
    SortedSet<NodeId> nodes = new TreeSet<>();
    int count = random.nextInt(1, most + 1);
    while (nodes.size() < count) {
      nodes.add(new NodeId("node-" + random.nextInt(most * 2)));
    }
    return nodes;
  }

  private static List<Placed> partitions(
      SplittableRandom random, int most, SortedSet<NodeId> owners) {
    List<NodeId> choice = new ArrayList<>(owners);
    choice.add(new NodeId("gone"));
    choice.add(null);
    int favourites = random.nextInt(1, choice.size() + 1);
    List<Placed> partitions = new ArrayList<>();
    int count = random.nextInt(most);
    for (int i = 0; i < count; i++) {
      NodeId owner = choice.get(random.nextInt(favourites));
      partitions.add(new Placed(PartitionKey.random(random), random.nextInt(1 + most / 10), owner));
    }
    return partitions;
  }

  /// Who owns what once all moves are made.
  private static SortedMap<PartitionKey, NodeId> plan(
      SortedSet<NodeId> nodes, List<Placed> partitions) {
    SortedMap<PartitionKey, NodeId> moves = Balancer.moves(nodes, partitions);
    SortedMap<PartitionKey, NodeId> plan = new TreeMap<>();
    for (Placed placed : partitions) {
      NodeId to = moves.get(placed.key());
      assertThat(to == null || !to.equals(placed.home())).isTrue();
      NodeId owner = to == null ? placed.home() : to;
      if (owner != null && nodes.contains(owner)) {
        plan.put(placed.key(), owner);
      }
    }
    return plan;
  }

  private static Map<NodeId, Integer> counts(
      SortedSet<NodeId> nodes, SortedMap<PartitionKey, NodeId> plan) {
    Map<NodeId, Integer> counts = new HashMap<>();
    nodes.forEach(node -> counts.put(node, 0));
    plan.values().forEach(node -> counts.merge(node, 1, Integer::sum));
    return counts;
  }

  private static List<Placed> after(List<Placed> partitions, SortedMap<PartitionKey, NodeId> plan) {
    return partitions.stream()
        .map(placed -> new Placed(placed.key(), placed.queue(), plan.get(placed.key())))
        .toList();
  }

  /// The fewest that any plan with counts that differ by at most one can move: what nobody has, and
  /// on each node what is over the share that it may keep.
  private static int fewestMoves(SortedSet<NodeId> nodes, List<Placed> partitions) {
    Map<NodeId, Integer> has = new HashMap<>();
    nodes.forEach(node -> has.put(node, 0));
    partitions.forEach(placed -> {
      if (placed.home() != null) {
        has.computeIfPresent(placed.home(), (_, count) -> count + 1);
      }
    });
    int each = partitions.size() / nodes.size();
    int rest = partitions.size() % nodes.size();
    int kept = has.values().stream().mapToInt(count -> Math.min(count, each)).sum();
    int over = (int) has.values().stream().filter(count -> count > each).count();
    return partitions.size() - kept - Math.min(over, rest);
  }

  @Test
  void givesEveryNodeAsManyWithTheFewestMoves() {
    forManySeeds(random -> {
      SortedSet<NodeId> nodes = nodes(random, 12);
      List<Placed> partitions = partitions(random, 120, nodes);

      SortedMap<PartitionKey, NodeId> plan = plan(nodes, partitions);

      assertThat(plan.keySet())
          .containsExactlyInAnyOrderElementsOf(partitions.stream().map(Placed::key).toList());
      var counts = counts(nodes, plan);
      assertThat(counts.keySet()).isEqualTo(nodes);
      assertThat(Collections.max(counts.values()) - Collections.min(counts.values()))
          .isLessThanOrEqualTo(1);
      long moves =
          partitions.stream().filter(p -> !Objects.equals(plan.get(p.key()), p.home())).count();
      assertThat(moves).isEqualTo(fewestMoves(nodes, partitions));
    });
  }

  @Test
  void movesNothingWithoutNeedAndDoesNotDependOnOrder() {
    forManySeeds(random -> {
      SortedSet<NodeId> nodes = nodes(random, 12);
      List<Placed> partitions = partitions(random, 120, nodes);
      SortedMap<PartitionKey, NodeId> plan = plan(nodes, partitions);

      List<Placed> shuffled = new ArrayList<>(partitions);
      Collections.shuffle(shuffled, new java.util.Random(random.nextLong()));

      assertThat(plan(nodes, shuffled)).isEqualTo(plan);
      assertThat(plan(nodes, after(partitions, plan))).isEqualTo(plan);
    });
  }

  @Test
  void takesFromANodeThatIsNotEligibleAllItHas() {
    forManySeeds(random -> {
      SortedSet<NodeId> nodes = nodes(random, 12);
      List<Placed> partitions = partitions(random, 120, nodes);
      SortedSet<NodeId> fewer = new TreeSet<>(nodes);
      fewer.removeFirst();

      assertThat(plan(fewer, partitions).values())
          .doesNotContain(nodes.first())
          .hasSize(fewer.isEmpty() ? 0 : partitions.size());
    });
  }

  /// Queues that are made one after the other, as people make them.
  @Test
  void spreadsThePartitionsOfEachQueue() {
    forManySeeds(random -> {
      SortedSet<NodeId> nodes = nodes(random, 6);
      List<Placed> partitions = new ArrayList<>();
      for (int queue = 0; queue < 10; queue++) {
        int count = random.nextInt(1, 20);
        for (int i = 0; i < count; i++) {
          partitions.add(new Placed(PartitionKey.random(random), queue, null));
        }
        partitions = new ArrayList<>(after(partitions, plan(nodes, partitions)));
      }
      Map<Long, Map<NodeId, Integer>> spread = new HashMap<>();
      for (Placed placed : partitions) {
        spread
            .computeIfAbsent(placed.queue(), _ -> new HashMap<>())
            .merge(placed.home(), 1, Integer::sum);
      }
      spread.forEach((queue, onNode) -> {
        int count = onNode.values().stream().mapToInt(Integer::intValue).sum();
        int fair = (count + nodes.size() - 1) / nodes.size();
        assertThat(Collections.max(onNode.values())).isLessThanOrEqualTo(fair + 1);
      });
    });
  }

  /// A node joins 49 that have 10,000 partitions: that is planned while everybody waits. By the
  /// processor's time, since other tests run beside this one.
  @Test
  void plansForALargeClusterAtOnce() {
    SplittableRandom random = new SplittableRandom(1);
    SortedSet<NodeId> nodes = new TreeSet<>();
    for (int i = 0; i < 50; i++) {
      nodes.add(new NodeId("node-" + i));
    }
    List<Placed> fresh = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      fresh.add(new Placed(PartitionKey.random(random), i / 20, null));
    }
    SortedSet<NodeId> before = new TreeSet<>(nodes);
    before.removeLast();
    List<Placed> placed = after(fresh, plan(before, fresh));
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    List<Long> millis = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      long start = threads.getCurrentThreadCpuTime();
      assertThat(Balancer.moves(nodes, placed)).hasSize(10_000 / 50);
      assertThat(Balancer.moves(nodes, fresh)).hasSize(10_000);
      millis.add((threads.getCurrentThreadCpuTime() - start) / 1_000_000);
    }
    List<Long> warm = millis.subList(20, 60).stream().sorted().toList();
    System.out.println("10,000 partitions on 50 nodes, twice, in ms: " + warm);

    assertThat(warm.get(warm.size() / 2)).as("median of both, in ms").isLessThan(100);
  }

  @Test
  void plansNothingWithoutNodes() {
    var partition = new Placed(new PartitionKey(1), 1, new NodeId("gone"));

    assertThat(plan(new TreeSet<>(), List.of(partition))).isEmpty();
  }
}

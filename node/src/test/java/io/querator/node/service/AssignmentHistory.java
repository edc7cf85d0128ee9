package io.querator.node.service;

import static io.querator.node.service.ScriptedLeader.OTHER;
import static io.querator.node.service.ScriptedLeader.PATIENCE;
import static io.querator.node.service.ScriptedLeader.SELF;

import io.querator.cluster.Holdings;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.Ownership;
import io.querator.cluster.OwnershipCommand.Drain;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.Renewal;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// A table of owners that changes at random, by a seed, while a real node follows it with its own
/// threads: another node comes and goes, both are evicted and drained, the keeper is held up, the
/// storage is away, the catalogue comes late. In the end everything must be served where the table
/// says.
///
/// How the node's threads run is not the seed's; a history that has failed may not fail again.
final class AssignmentHistory implements AutoCloseable {
  private static final int STEPS = 60;

  /// What a node that failed often is kept out for is over in a few rounds.
  private static final int TICKS_A_ROUND = 30;

  private static final long BREATH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /// In which the node, in the end, may come to rest.
  private static final long ROUND_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final long seed;
  private final SplittableRandom random;
  private final MemoryPartitionStore store = new MemoryPartitionStore(InstantSource.system());
  private final Switch storage = new Switch();
  private final ScriptedLeader leader;
  private final ToldNode node;
  private final List<PartitionSlot> hidden;
  private final List<String> steps = new ArrayList<>();
  private long generation = 1;

  // the other node
  private UUID incarnation = UUID.randomUUID();
  private Holdings holdings = new Holdings(OTHER, incarnation);

  AssignmentHistory(ServedQueue queue, long seed) {
    this.seed = seed;
    random = new SplittableRandom(seed);
    queue.partitions().forEach(slot -> store.create(slot.key()));
    leader = new ScriptedLeader(queue.partitions().stream().map(PartitionSlot::key).toList());
    node = new ToldNode(leader, queue, store, storage);
    hidden = new ArrayList<>(node.slots);
  }

  void go() {
    leader.lead();
    node.member.join();
    for (int i = 0; i < STEPS; i++) {
      step();
      // the node's own threads go on
      LockSupport.parkNanos(random.nextLong(BREATH_NANOS));
    }
    settle();
  }

  private void step() {
    int what = random.nextInt(100);
    if (what < 35) {
      note("the other node speaks");
      leader.pass(0, List.of(other()));
    } else if (what < 50) {
      note("time passes");
      leader.pass(random.nextLong(OwnershipTable.ELAPSED_MAX_MILLIS), List.of());
    } else if (what < 60) {
      note("the node is evicted");
      leader.apply(new Evict(SELF, leader.incarnation));
    } else if (what < 68) {
      note("the other node starts again");
      leader.apply(
          random.nextBoolean() ? new Evict(OTHER, incarnation) : new Leave(OTHER, incarnation));
      incarnation = UUID.randomUUID();
      holdings = new Holdings(OTHER, incarnation);
    } else if (what < 75) {
      note("a node is drained, or not");
      leader.apply(new Drain(random.nextBoolean() ? SELF : OTHER, random.nextBoolean()));
    } else if (what < 83) {
      note("the keeper is held up");
      node.hold();
    } else if (what < 90) {
      note("the keeper goes on");
      node.release();
    } else if (what < 92) {
      note("the storage is away");
      storage.off();
    } else if (what < 95) {
      note("the storage is there");
      storage.on();
    } else if (what < 97) {
      note("the table is founded anew");
      leader.apply(new Found(++generation));
    } else if (!hidden.isEmpty()) {
      note("a partition appears");
      node.appear(hidden.removeLast());
    }
  }

  private void note(String step) {
    steps.add(step);
  }

  /// The other node follows the table at once, and says so.
  private Renewal other() {
    take(holdings.follow(leader.view()));
    return ScriptedLeader.renewal(OTHER, incarnation, holdings.generation(), holdings.reports());
  }

  private void take(List<Step> steps) {
    for (Step step : steps) {
      switch (step) {
        case Step.Open open -> open(open);
        case Step.Close(var key) -> take(holdings.closed(key));
      }
    }
  }

  private void open(Step.Open step) {
    Claim claim =
        new Claim(
            OTHER.value(), incarnation, step.decision().generation(), step.decision().version());
    if (store.open(Map.of(step.key(), new Epoch(step.seen())), claim).getFirst()
        instanceof Opened opened) {
      take(holdings.opened(step.key(), step.decision(), opened.epoch().value()));
    } else {
      take(holdings.lost(step.key(), step.decision(), 0));
    }
  }

  private void settle() {
    storage.on();
    node.release();
    hidden.forEach(node::appear);
    leader.apply(new Drain(SELF, false));
    leader.apply(new Drain(OTHER, false));
    boolean alone = random.nextBoolean();
    if (alone) {
      leader.apply(new Leave(OTHER, incarnation));
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!isAtRest(alone)) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "not at rest in the end (repeat with -Dseed="
                + seed
                + "): "
                + leader.view()
                + " after "
                + steps);
      }
      for (int i = 0; i < TICKS_A_ROUND; i++) {
        leader.pass(OwnershipTable.ELAPSED_MAX_MILLIS, alone ? List.of() : List.of(other()));
      }
      LockSupport.parkNanos(ROUND_NANOS);
    }
  }

  private boolean isAtRest(boolean alone) {
    OwnershipView view = leader.view();
    Set<PartitionSlot> here = new HashSet<>();
    for (PartitionSlot slot : node.slots) {
      Ownership owned =
          view.partitions().stream()
              .filter(one -> one.key().equals(slot.key()))
              .findFirst()
              .orElseThrow();
      boolean mine = owned.isOf(SELF, leader.incarnation);
      boolean served = mine ? slot.isServedHere() : new Place.There(OTHER).equals(slot.placeNow());
      if (owned.state() != Ownership.State.SERVING || !served) {
        return false;
      }
      if (mine) {
        here.add(slot);
      }
    }
    return here.size() == (alone ? node.slots.size() : node.slots.size() / 2);
  }

  @Override
  public void close() {
    node.close();
  }
}

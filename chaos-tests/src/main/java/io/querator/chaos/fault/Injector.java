package io.querator.chaos.fault;

import io.querator.chaos.cluster.Cluster;
import io.querator.chaos.cluster.Database;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.chaos.history.Span;
import io.querator.chaos.network.Condition;
import io.querator.chaos.network.Link;
import io.querator.client.QueratorException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// Breaks a cluster as planned, and mends it. One thread runs it; a step that has to wait for a
/// node makes the later ones late.
public final class Injector {
  private static final int SLOW_MILLIS = 40;
  private static final int SLOW_BYTES_PER_SECOND = 2_000_000;
  private static final int LATE_MILLIS = 300;
  private static final String START = "start-node";
  private static final int TINY_FILE_BYTES = 4_096;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int HOUR_MILLIS = 3_600_000;
  private static final Condition SLOW = new Condition.Slow(SLOW_MILLIS, SLOW_BYTES_PER_SECOND);
  private static final Condition LATE = new Condition.Slow(LATE_MILLIS, SLOW_BYTES_PER_SECOND);

  private final Cluster cluster;
  private final History history;
  private final LongSupplier clock;
  private final Consumer<String> progress;
  private final PriorityQueue<Mend> mends =
      new PriorityQueue<>((a, b) -> Long.compare(a.atNanos, b.atNanos));

  /// Nodes that something is done to, which are left alone by other faults.
  private final Set<String> busy = new HashSet<>();

  /// Parts that every fault of a kind changes, such as `database`.
  private final Set<String> shared = new HashSet<>();

  private int added;

  /// What ends a fault.
  private record Mend(long atNanos, Action action, FaultKind kind, String target, long since) {}

  @FunctionalInterface
  private interface Action {
    void act() throws IOException, InterruptedException;
  }

  /// @param clock nanoseconds since the run began
  /// @param progress gets a line for every fault
  public Injector(Cluster cluster, History history, LongSupplier clock, Consumer<String> progress) {
    this.cluster = cluster;
    this.history = history;
    this.clock = clock;
    this.progress = progress;
  }

  /// Does what is planned, and mends everything.
  ///
  /// @param end stops it early when it is open
  public void run(Plan plan, CountDownLatch end) throws IOException, InterruptedException {
    for (Plan.Step step : plan.steps()) {
      if (!waitUntil(step.atMillis() * NANOS_PER_MILLI, end)) {
        break;
      }
      begin(step);
    }
    while (!mends.isEmpty() && waitUntil(mends.element().atNanos, end)) {
      // mended while it waited
    }
    while (!mends.isEmpty()) {
      mend(mends.remove());
    }
  }

  /// @return false if the run is to end
  private boolean waitUntil(long nanos, CountDownLatch end)
      throws IOException, InterruptedException {
    while (true) {
      long next = mends.isEmpty() ? nanos : Math.min(nanos, mends.element().atNanos);
      if (end.await(next - clock.getAsLong(), TimeUnit.NANOSECONDS)) {
        return false;
      }
      if (!mends.isEmpty() && mends.element().atNanos <= clock.getAsLong()) {
        mend(mends.remove());
      } else if (next == nanos) {
        return true;
      }
    }
  }

  private void mend(Mend mend) throws IOException, InterruptedException {
    if (mend.kind.startsNodes()) {
      mendShared();
    }
    long mending = clock.getAsLong();
    mend.action.act();
    if (mend.kind.startsNodes()) {
      record(mend.kind.text(), mend.target, mend.since, mending, mend.kind.planned());
      record(START, mend.target, mending, clock.getAsLong(), true);
    } else {
      record(mend.kind.text(), mend.target, mend.since, clock.getAsLong(), mend.kind.planned());
    }
    progress.accept("mended " + mend.kind.text() + " " + mend.target);
  }

  /// A node that starts waits for the database, which this thread would not mend meanwhile.
  private void mendShared() throws IOException, InterruptedException {
    for (Mend other : List.copyOf(mends)) {
      if (shared.contains(other.target)) {
        mends.remove(other);
        mend(other);
      }
    }
  }

  private void record(String kind, String target, long start, long end, boolean planned) {
    history.add(new Entry.Fault(new Span(start, end), kind, target, planned));
  }

  private void begin(Plan.Step step) throws IOException, InterruptedException {
    switch (step.kind()) {
      case KILL_NODE -> killed(step, any(step), false);
      case KILL_LEADER -> killed(step, leader(step), false);
      case WIPE_NODE -> killed(step, any(step), true);
      case PAUSE_NODE -> paused(step, any(step));
      case PAUSE_LEADER -> paused(step, leader(step));
      case STOP_NODE -> stopped(step, any(step));
      case DRAIN_NODE -> drained(step, any(step));
      case ROLLING_RESTART -> rollingRestart(step);
      case ADD_NODES -> addNodes(step);
      case ISOLATE_NODE -> cut(step, this::linksOf, CutWays.BOTH);
      case CUT_ONE_WAY -> cut(step, this::linksFrom, CutWays.ONE);
      case CUT_DATABASE -> cut(step, node -> List.of(cluster.databaseLink(node)), CutWays.BOTH);
      case CUT_DATABASE_ONE_WAY ->
          cut(step, node -> List.of(cluster.databaseLink(node)), CutWays.ONE);
      case CUT_CLIENTS -> cut(step, node -> List.of(cluster.clientLink(node)), CutWays.ONE);
      case LOSE_MAJORITY -> loseMajority(step);
      case SLOW_LINKS -> {
        List<Link> links = new ArrayList<>(cluster.peerLinks());
        links.addAll(cluster.databaseLinks());
        onLinks(step, links, link -> link.set(SLOW, SLOW));
      }
      case MOVE_PARTITIONS -> movedPartitions(step);
      case KILL_DATABASE ->
          onAll(step, "database", cluster.database(step.choice())::kill, () -> {});
      case STOP_DATABASE -> {
        Database database = cluster.database(step.choice());
        onAll(step, "database", database::stop, database::start);
      }
      case REFUSE_DATABASE -> onLinks(step, cluster.databaseLinks(), Link::refuse);
      case LOSE_COMMITS ->
          onLinks(step, cluster.databaseLinks(), link -> link.set(Condition.OPEN, Condition.LOST));
      case MOVE_CLOCK -> movedClock(step, any(step));
      case UNPLUG_NODE -> {
        String node = any(step);
        onNode(step, node, () -> cluster.host(node).lose(), () -> cluster.host(node).heal());
      }
      case POWER_OFF_NODE -> {
        String node = any(step);
        onNode(
            step,
            node,
            () -> {
              cluster.host(node).lose();
              cluster.kill(node);
            },
            () -> {
              cluster.host(node).heal();
              cluster.start(node);
            });
      }
      case FILL_DISK -> {
        String node = any(step);
        onNode(
            step,
            node,
            () -> limitFiles(node, Integer.toString(TINY_FILE_BYTES)),
            () -> limitFiles(node, "unlimited"));
      }
    }
  }

  // Targets

  /// A node that is left alone so far; empty if there is none. At most a minority is broken at a
  /// time, but by what is meant to break more.
  private String any(Plan.Step step) {
    List<String> free = cluster.living().stream().filter(name -> !busy.contains(name)).toList();
    return free.isEmpty() || 2 * (busy.size() + 1) > cluster.names().size()
        ? ""
        : free.get(step.choice() % free.size());
  }

  private String leader(Plan.Step step) throws InterruptedException {
    String leader = cluster.page().map(page -> page.path("leader").asText("")).orElse("");
    return cluster.living().contains(leader) && !busy.contains(leader) && !any(step).isEmpty()
        ? leader
        : any(step);
  }

  private List<Link> linksFrom(String node) {
    return cluster.living().stream()
        .filter(other -> !other.equals(node) && cluster.isSeed(other))
        .map(other -> cluster.peerLink(node, other))
        .toList();
  }

  /// Both ways.
  private List<Link> linksOf(String node) {
    List<Link> links = new ArrayList<>(linksFrom(node));
    for (String other : cluster.names()) {
      if (!other.equals(node)) {
        links.add(cluster.peerLink(other, node));
      }
    }
    return links;
  }

  // Faults

  /// How many directions of a link are cut.
  private enum CutWays {
    BOTH,
    ONE
  }

  /// Cuts links of a node; of one direction, which follows from the choice.
  private void cut(Plan.Step step, Function<String, List<Link>> linksOfNode, CutWays ways)
      throws IOException, InterruptedException {
    String node = any(step);
    List<Link> links = node.isEmpty() ? List.of() : linksOfNode.apply(node);
    boolean there = ways == CutWays.BOTH || step.choice() % 2 == 0;
    boolean back = ways == CutWays.BOTH || !there;
    onNode(
        step,
        node,
        () -> links.forEach(link -> link.set(cutIf(there), cutIf(back))),
        () -> links.forEach(Link::heal));
  }

  private static Condition cutIf(boolean cut) {
    return cut ? Condition.CUT : Condition.OPEN;
  }

  private void onLinks(Plan.Step step, List<Link> links, Consumer<Link> fault)
      throws IOException, InterruptedException {
    onAll(step, "links", () -> links.forEach(fault), () -> links.forEach(Link::heal));
  }

  private void onNode(Plan.Step step, String node, Action fault, Action mend)
      throws IOException, InterruptedException {
    if (node.isEmpty() || !busy.add(node)) {
      progress.accept("left out " + step.kind().text() + ": enough is broken");
      return;
    }
    doing(
        step,
        node,
        fault,
        () -> {
          mend.act();
          busy.remove(node);
        });
  }

  private void onAll(Plan.Step step, String part, Action fault, Action mend)
      throws IOException, InterruptedException {
    if (!shared.isEmpty() || !shared.add(part)) {
      progress.accept("left out " + step.kind().text() + ": enough is broken");
      return;
    }
    doing(
        step,
        part,
        fault,
        () -> {
          mend.act();
          shared.remove(part);
        });
  }

  private void doing(Plan.Step step, String target, Action fault, Action mend)
      throws IOException, InterruptedException {
    progress.accept("broke " + step.kind().text() + " " + target);
    long since = clock.getAsLong();
    fault.act();
    mends.add(
        new Mend(
            clock.getAsLong() + step.lastsMillis() * NANOS_PER_MILLI,
            mend,
            step.kind(),
            target,
            since));
  }

  private void killed(Plan.Step step, String node, boolean wipe)
      throws IOException, InterruptedException {
    onNode(
        step,
        node,
        () -> cluster.kill(node),
        () -> {
          if (wipe) {
            cluster.wipe(node);
          }
          cluster.start(node);
        });
  }

  private void paused(Plan.Step step, String node) throws IOException, InterruptedException {
    onNode(
        step,
        node,
        () -> cluster.node(node).signal("STOP"),
        () -> cluster.node(node).signal("CONT"));
  }

  private void stopped(Plan.Step step, String node) throws IOException, InterruptedException {
    onNode(step, node, () -> cluster.stop(node), () -> cluster.start(node));
  }

  /// The others know of it long before the node does, and have to wait until it has let go.
  private void drained(Plan.Step step, String node) throws IOException, InterruptedException {
    List<Link> links = node.isEmpty() ? List.of() : linksOf(node);
    onNode(
        step,
        node,
        () -> {
          links.forEach(link -> link.set(LATE, LATE));
          cluster.drain(node);
        },
        () -> {
          links.forEach(Link::heal);
          cluster.undrain(node);
        });
  }

  /// Goes on while other things break; there and back, so that later ones find any state.
  private void movedPartitions(Plan.Step step) throws IOException, InterruptedException {
    boolean toFirst = step.choice() % 2 == 0;
    try {
      doing(
          step,
          "partitions",
          () -> cluster.movePartitions(toFirst),
          () -> cluster.movePartitions(!toFirst));
    } catch (QueratorException e) {
      // the database with the catalogue may be away just now
      progress.accept("left out " + step.kind().text() + ": " + e.getMessage());
    }
  }

  /// One node after the other, which takes as long as it takes.
  private void rollingRestart(Plan.Step step) throws IOException, InterruptedException {
    if (!busy.isEmpty() || !shared.isEmpty()) {
      progress.accept("left out " + step.kind().text() + ": enough is broken");
      return;
    }
    for (String node : cluster.living()) {
      progress.accept("broke " + step.kind().text() + " " + node);
      long since = clock.getAsLong();
      cluster.stop(node);
      long stopped = clock.getAsLong();
      cluster.start(node);
      record(step.kind().text(), node, since, stopped, true);
      record(START, node, stopped, clock.getAsLong(), true);
    }
  }

  private void addNodes(Plan.Step step) throws IOException, InterruptedException {
    added++;
    String one = "x" + (2 * added - 1);
    String other = "x" + 2 * added;
    onAll(
        step,
        one + " " + other,
        () -> {
          cluster.begin(one);
          cluster.begin(other);
          cluster.awaitReady(one);
          cluster.awaitReady(other);
          busy.add(one);
          busy.add(other);
        },
        () -> {
          cluster.stop(one);
          cluster.stop(other);
          cluster.remove(one);
          cluster.remove(other);
          busy.remove(one);
          busy.remove(other);
        });
  }

  private void loseMajority(Plan.Step step) throws IOException, InterruptedException {
    List<String> seeds = cluster.living().stream().filter(cluster::isSeed).toList();
    List<String> victims = seeds.subList(0, seeds.size() / 2 + 1);
    if (!busy.isEmpty()) {
      progress.accept("left out " + step.kind().text() + ": enough is broken");
      return;
    }
    busy.addAll(victims);
    doing(
        step,
        String.join(" ", victims),
        () -> {
          for (String node : victims) {
            cluster.node(node).signal("KILL");
          }
          for (String node : victims) {
            cluster.kill(node);
          }
        },
        () -> {
          for (String node : victims) {
            cluster.begin(node);
          }
          for (String node : victims) {
            cluster.awaitReady(node);
            busy.remove(node);
          }
        });
  }

  /// Every second time it also starts with the wrong clock, as a machine that has lost it.
  private void movedClock(Plan.Step step, String node) throws IOException, InterruptedException {
    int millis = step.choice() % 2 == 0 ? HOUR_MILLIS : -HOUR_MILLIS;
    boolean starts = step.choice() / 2 % 2 == 0 && shared.isEmpty();
    onNode(
        step,
        node,
        () -> {
          cluster.moveClock(node, millis);
          if (starts) {
            cluster.kill(node);
            cluster.start(node);
          }
        },
        () -> cluster.moveClock(node, 0));
  }

  /// What `ulimit -f` sets, of a process that runs.
  private void limitFiles(String node, String bytes) throws IOException, InterruptedException {
    int status =
        new ProcessBuilder(
                "prlimit",
                "--pid",
                Long.toString(cluster.node(node).pid()),
                "--fsize=" + bytes + ":")
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException("prlimit ended with " + status);
    }
  }
}

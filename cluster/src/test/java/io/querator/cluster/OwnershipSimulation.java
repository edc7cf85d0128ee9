package io.querator.cluster;

import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Drain;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.storage.PartitionKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A whole cluster in one thread, driven by chance from a seed: a log, the tables that follow it,
/// processes, a database with its fences, and a network that delays, doubles and loses messages.
///
/// Processes crash, pause and wake, cannot reach the database; leaders change, two lead at once on
/// logs that differ; Raft loses everything; the database is restored from a backup. After every
/// step the fences' promises are checked, at the end that everything comes to rest.
final class OwnershipSimulation {
  private static final long LEASE_MILLIS = 1_500;
  private static final int PARTITIONS_MAX = 10;

  /// A lease and one.
  private static final int DYING_TICKS = 6;

  /// Five minutes, from the end of a lease on.
  private static final int KEPT_OUT_TICKS_MAX = 1_010;

  /// Eighteen seconds: what comes lately is given nothing for nine.
  private static final int ROUNDS_MAX = 60;

  /// More than it takes to let go of a partition and to open it. In some histories all that a table
  /// may wait for passes, too.
  private static final int QUIET_ROUNDS = 5;

  private final SplittableRandom random;
  private final FakeDatabase database = new FakeDatabase();
  private final List<NodeId> nodes = new ArrayList<>();
  private final Map<NodeId, Process> processes = new TreeMap<>();
  private final List<PartitionKey> partitions = new ArrayList<>();
  private final List<Runnable> network = new ArrayList<>();
  private Log log;
  private boolean resting;

  /// Another leader's log, while there are two.
  private @Nullable Log fork;

  OwnershipSimulation(long seed) {
    random = new SplittableRandom(seed);
    log = new Log();
    int count = random.nextInt(1, 6);
    for (int i = 1; i <= count; i++) {
      NodeId node = new NodeId("node-" + i);
      nodes.add(node);
      processes.put(node, new Process(node));
    }
    define(random.nextInt(1, PARTITIONS_MAX + 1));
  }

  /// The commands of one history, and two tables that follow it: one is kept and read again now and
  /// then, which must make no difference.
  private final class Log {
    private OwnershipTable table = new OwnershipTable();
    private OwnershipTable replica = new OwnershipTable();
    private long index;
    private UUID controller = uuid();
    private Map<NodeId, Renewal> renewals = new LinkedHashMap<>();

    void append(OwnershipCommand command) {
      index += random.nextInt(1, 3);
      table.apply(index, command);
      replica.apply(index, command);
      if (resting && random.nextInt(20) > 0) {
        return;
      }
      OwnershipCommand decoded = CommandCodec.decode(CommandCodec.encode(command));
      if (!decoded.equals(command)) {
        throw new AssertionError(command + " is read as " + decoded);
      }
      byte[] bytes = table.encode();
      if (!Arrays.equals(bytes, replica.encode())) {
        throw new AssertionError("replicas differ after " + command + ": " + table.view());
      }
      if (random.nextInt(4) == 0) {
        replica = OwnershipTable.decode(bytes);
      }
    }

    void tick(long elapsed) {
      List<Renewal> heard = List.copyOf(renewals.values());
      renewals = new LinkedHashMap<>();
      append(new Tick(controller, elapsed, LEASE_MILLIS, heard));
      OwnershipView view = table.view();
      long highest = database.highestGeneration();
      if (view.generation() == 0 || highest > view.generation()) {
        append(new Found(Math.max(highest, view.generation()) + 1));
      }
    }

    Log copy() {
      Log copy = new Log();
      copy.table = OwnershipTable.decode(table.encode());
      copy.replica = OwnershipTable.decode(table.encode());
      copy.index = index;
      return copy;
    }
  }

  private record Opened(Decision by, long epoch) {}

  /// A node's process.
  private final class Process {
    final NodeId node;
    UUID incarnation;
    Holdings holdings;
    OwnershipView known = new OwnershipTable().view();
    Map<PartitionKey, Opened> open = new HashMap<>();
    boolean running = true;
    boolean reachesDatabase = true;

    Process(NodeId node) {
      this.node = node;
      incarnation = uuid();
      holdings = new Holdings(node, incarnation);
    }

    void restart() {
      incarnation = uuid();
      holdings = new Holdings(node, incarnation);
      known = new OwnershipTable().view();
      open = new HashMap<>();
      running = true;
    }

    /// Whether the answer to a renewal would be this view.
    boolean isBehind(OwnershipView view) {
      return new RenewalCall(renewal(), known.generation(), known.index()).isBehind(view);
    }

    void follow(OwnershipView view) {
      if (isBehind(view)) {
        known = view;
      }
      take(holdings.follow(view));
    }

    private void take(List<Step> steps) {
      steps.forEach(this::take);
    }

    private void take(Step step) {
      UUID process = incarnation;
      switch (step) {
        case Step.Open(var key, var decision, var seen) ->
            network.add(() -> {
              boolean reached = reachesDatabase;
              long epoch = reached ? database.open(key, process, decision, seen) : 0;
              network.add(() -> answered(process, key, decision, epoch));
            });
        case Step.Close(var key) -> network.add(() -> ended(process, key));
      }
    }

    private void answered(UUID process, PartitionKey key, Decision decision, long epoch) {
      if (!process.equals(incarnation)) {
        return;
      }
      if (epoch == 0) {
        take(holdings.lost(key, decision, 0));
      } else {
        open.put(key, new Opened(decision, epoch));
        take(holdings.opened(key, decision, epoch));
      }
    }

    private void lost(UUID process, PartitionKey key, Decision decision) {
      if (process.equals(incarnation)) {
        take(holdings.lost(key, decision, 0));
      }
    }

    private void ended(UUID process, PartitionKey key) {
      if (process.equals(incarnation)) {
        open.remove(key);
        take(holdings.closed(key));
      }
    }

    void write(PartitionKey key) {
      Opened opened = open.get(key);
      if (opened != null && reachesDatabase && !mayWrite(key)) {
        open.remove(key);
        UUID process = incarnation;
        network.add(() -> lost(process, key, opened.by()));
      }
    }

    boolean mayWrite(PartitionKey key) {
      Opened opened = open.get(key);
      return opened != null && database.admits(key, opened.epoch(), incarnation);
    }

    Renewal renewal() {
      return new Renewal(
          node,
          incarnation,
          "api",
          "peer",
          reachesDatabase,
          1,
          "1.0",
          holdings.generation(),
          holdings.reports());
    }
  }

  private UUID uuid() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  private Process anyProcess() {
    return Objects.requireNonNull(processes.get(any(nodes)));
  }

  private Log anyLog() {
    return fork != null && random.nextBoolean() ? fork : log;
  }

  private void define(int count) {
    List<PartitionDefinition> added = new ArrayList<>();
    for (int i = 0; i < count && partitions.size() < PARTITIONS_MAX; i++) {
      PartitionKey key = PartitionKey.random(random);
      partitions.add(key);
      added.add(new PartitionDefinition(key, random.nextInt(2)));
    }
    log.append(new Define(added, List.of()));
  }

  /// The controller compares the table with the catalogue.
  private void defineAll() {
    List<PartitionDefinition> all =
        partitions.stream().map(key -> new PartitionDefinition(key, 0)).toList();
    List<PartitionKey> gone =
        log.table.view().partitions().stream()
            .map(Ownership::key)
            .filter(key -> !partitions.contains(key))
            .toList();
    log.append(new Define(all, gone));
  }

  /// Lets one thing happen.
  void step() {
    int what = random.nextInt(100);
    if (what < 40) {
      deliver();
    } else if (what < 58) {
      anyLog().tick(random.nextInt(600));
    } else if (what < 70) {
      send(anyProcess(), anyLog());
    } else if (what < 80) {
      tell(anyLog(), anyProcess());
    } else if (what < 90) {
      Process process = anyProcess();
      if (process.running) {
        process.write(any(partitions));
      }
    } else {
      disturb();
    }
    check();
  }

  private void deliver() {
    if (network.isEmpty()) {
      return;
    }
    int chosen = random.nextInt(network.size());
    Collections.swap(network, chosen, network.size() - 1);
    network.removeLast().run();
  }

  /// A renewal on its way, which may arrive twice or never.
  private void send(Process process, Log to) {
    if (!process.running) {
      return;
    }
    Renewal renewal = process.renewal();
    int copies = random.nextInt(10) == 0 ? random.nextInt(3) : 1;
    for (int i = 0; i < copies; i++) {
      network.add(() -> to.renewals.put(renewal.node(), renewal));
    }
  }

  /// The table on its way to a process, which may be another one by then.
  private void tell(Log from, Process process) {
    OwnershipView view = from.table.view();
    if (!process.isBehind(view)) {
      return;
    }
    int copies = random.nextInt(10) == 0 ? random.nextInt(3) : 1;
    for (int i = 0; i < copies; i++) {
      network.add(() -> {
        if (process.running) {
          process.follow(view);
        }
      });
    }
  }

  private void disturb() {
    Process process = anyProcess();
    switch (random.nextInt(13)) {
      case 0, 1 -> process.restart();
      case 2 -> process.running = false;
      case 3 -> process.running = true;
      case 4 -> anyLog().append(new Evict(process.node, process.incarnation));
      case 5 -> anyLog().append(new Drain(process.node, random.nextBoolean()));
      case 6 -> {
        anyLog().append(new Leave(process.node, process.incarnation));
        process.restart();
      }
      case 7 -> process.reachesDatabase = random.nextBoolean();
      case 8 -> log.controller = uuid();
      case 9 -> fork = fork == null ? log.copy() : null;
      case 10 -> {
        if (random.nextInt(3) == 0) {
          log = new Log();
          fork = null;
        } else {
          defineAll();
        }
      }
      case 11 -> {
        if (random.nextInt(5) == 0) {
          database.restore();
        } else {
          database.backUp();
        }
      }
      default -> {
        if (partitions.size() > 1 && random.nextBoolean()) {
          PartitionKey gone = partitions.removeLast();
          log.append(new Define(List.of(), List.of(gone)));
        } else {
          define(1);
        }
      }
    }
  }

  /// At most one process can write to a partition, and it holds the last epoch that was given.
  private void check() {
    for (PartitionKey key : partitions) {
      Process writer = null;
      for (Process process : processes.values()) {
        if (!process.mayWrite(key)) {
          continue;
        }
        if (writer != null) {
          throw new AssertionError(writer.node + " and " + process.node + " may write to " + key);
        }
        writer = process;
      }
    }
  }

  /// Mends everything and lets time pass: every partition must be served, by as many nodes as there
  /// are, and nothing must move any more.
  void settle() {
    fork = null;
    resting = true;
    for (Process process : processes.values()) {
      process.running = true;
      process.reachesDatabase = true;
      log.append(new Drain(process.node, false));
    }
    round();
    // nobody is heard of: all die first, which is one failure more for each
    for (int i = 0; i < DYING_TICKS || log.table.keepsOut(); i++) {
      if (i == KEPT_OUT_TICKS_MAX) {
        throw new AssertionError("kept out for more than five minutes: " + log.table.view());
      }
      log.append(
          new Tick(log.controller, OwnershipTable.ELAPSED_MAX_MILLIS, LEASE_MILLIS, List.of()));
    }
    defineAll();
    comeToRest();
    long moves = log.table.view().moves();
    int quiet = random.nextInt(8) == 0 ? ROUNDS_MAX : QUIET_ROUNDS;
    for (int i = 0; i < quiet; i++) {
      round();
    }
    OwnershipView view = log.table.view();
    if (!unrest(view).isEmpty() || view.moves() != moves) {
      throw new AssertionError(
          "no rest after " + moves + " moves: " + unrest(view) + " in " + view);
    }
  }

  private void comeToRest() {
    for (int i = 0; i < ROUNDS_MAX; i++) {
      round();
      if (unrest(log.table.view()).isEmpty()) {
        return;
      }
    }
    OwnershipView view = log.table.view();
    throw new AssertionError("not at rest in the end: " + unrest(view) + " in " + view);
  }

  /// What is not as it must be in the end; empty if all is.
  private String unrest(OwnershipView view) {
    Map<NodeId, Integer> counts = new HashMap<>();
    nodes.forEach(node -> counts.put(node, 0));
    for (Ownership partition : view.partitions()) {
      Process owner = partition.owner() == null ? null : processes.get(partition.owner());
      if (partition.state() != Ownership.State.SERVING
          || owner == null
          || !owner.mayWrite(partition.key())) {
        return "not served: " + partition;
      }
      counts.merge(owner.node, 1, Integer::sum);
    }
    if (view.partitions().size() != partitions.size()) {
      return "partitions are missing";
    }
    if (Collections.max(counts.values()) - Collections.min(counts.values()) > 1) {
      return "not balanced: " + counts;
    }
    int held = processes.values().stream().mapToInt(process -> process.open.size()).sum();
    if (held != partitions.size()) {
      Map<NodeId, Set<PartitionKey>> open = new TreeMap<>();
      processes.forEach((node, process) -> open.put(node, process.open.keySet()));
      return "open: " + open + ", there are: " + partitions;
    }
    return "";
  }

  private void round() {
    for (Process process : processes.values()) {
      log.renewals.put(process.node, process.renewal());
    }
    log.tick(OwnershipTable.ELAPSED_MAX_MILLIS);
    OwnershipView view = log.table.view();
    processes.values().stream()
        .filter(process -> process.isBehind(view))
        .forEach(process -> process.follow(view));
    while (!network.isEmpty()) {
      network.removeFirst().run();
    }
    for (Process process : processes.values()) {
      for (PartitionKey key : List.copyOf(process.open.keySet())) {
        process.write(key);
      }
    }
    check();
  }
}

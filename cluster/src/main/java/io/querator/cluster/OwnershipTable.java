package io.querator.cluster;

import io.querator.cluster.Failover.Cause;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Who owns which partition: the state machine that every voter replicates.
///
/// It decides who *should* own; that nobody else writes is the database's work. Time is its own: it
/// passes by ticks alone. Every command is accepted, one that does not fit changes nothing; nothing
/// is thrown, since a replica that throws would differ from the others.
///
/// For one thread at a time.
public final class OwnershipTable {
  /// A tick counts for no more than this.
  public static final long ELAPSED_MAX_MILLIS = 300;

  /// How many partitions may be on their way to a node at a time, at least. It opens them together,
  /// and nobody serves any of them until it has.
  static final int MOVES_MIN = 2;

  /// A larger table moves so much of a node's share at a time.
  static final int MOVES_SHARE = 16;

  /// A partition that a node has not opened after this time holds up no others.
  static final long OPEN_MAX_MILLIS = 5_000;

  /// An owner that has not let go within this time is passed over; the database fences it.
  static final long RELEASE_MAX_MILLIS = 5_000;

  /// A node counts as cut off from the storages if another one has reached them for so long while
  /// it could not. Nodes notice a storage that goes away, or comes back, at different times.
  static final long CUT_OFF_MILLIS = 1_500;

  /// A node that has come, or has come back to its storages, so lately takes nothing from one that
  /// has been there for longer: its program is not warm, and whatever it takes is served by nobody
  /// while it opens it slowly. What nobody owns it takes at once.
  static final long SETTLE_MILLIS = 3_000;

  /// While another node has come so lately, a node takes nothing either, but for what a draining
  /// one gives up: where nodes share processors, one that starts makes the others slow. A node that
  /// has been there for so long waits for no others.
  static final long CALM_MAX_MILLIS = 3 * SETTLE_MILLIS;

  /// How many processes that left lately are remembered: renewals of theirs may be under way.
  private static final int LEFT_MAX = 64;

  /// How many failovers are remembered.
  static final int FAILOVERS_MAX = 16;

  private final SortedMap<NodeId, Member> members = new TreeMap<>();
  private final SortedMap<PartitionKey, Ownership> partitions = new TreeMap<>();
  private final SortedMap<NodeId, Failures> failures = new TreeMap<>();

  /// The processes that are to own nothing. They stay so while they are not heard of.
  private final SortedMap<NodeId, UUID> draining = new TreeMap<>();

  private final List<UUID> left = new ArrayList<>();
  private final List<Failover> failovers = new ArrayList<>();
  private long moves;
  private long generation;
  private long index;
  private long changedAt;
  private long now;
  private @Nullable UUID controller;

  /// The nodes that the last plan was made for, and whether anything else has changed since. Not
  /// part of the state: a plan that is made once more changes nothing.
  private SortedSet<NodeId> plannedFor = new TreeSet<>();

  private boolean changed = true;

  /// Whether the command under way changes more than leases.
  private boolean touched;

  /// How many of [#partitions] are [State#RELEASING].
  private int releasing;

  /// What [#partitions] holds, if it was asked for since that last changed. Not part of the state.
  private @Nullable List<Ownership> listed;

  /// Follows the log.
  ///
  /// @param at the command's place in the log, which rises
  public void apply(long at, OwnershipCommand command) {
    index = at;
    touched = false;
    switch (command) {
      case Found(var founded) -> found(founded);
      case Tick tick -> tick(tick);
      case Drain(var node, var on) -> drain(node, on);
      case Leave(var node, var incarnation) -> leave(node, incarnation);
      case Evict(var node, var incarnation) -> fail(node, incarnation, Cause.REFUSED);
      case Define(var added, var removed) -> define(added, removed);
    }
    assign();
    if (touched) {
      changedAt = at;
    }
  }

  private void touch() {
    changed = true;
    touched = true;
  }

  // Commands

  private void found(long founded) {
    if (founded > generation) {
      generation = founded;
      touch();
    }
  }

  private void tick(Tick tick) {
    now += Math.clamp(tick.elapsedMillis(), 0, ELAPSED_MAX_MILLIS);
    long until = now + Math.max(0, tick.leaseMillis());
    if (!tick.controller().equals(controller)) {
      controller = tick.controller();
      members.replaceAll((_, member) -> member.until(Math.max(member.leaseUntil(), until)));
    }
    Set<PartitionKey> served = new HashSet<>();
    tick.renewals().forEach(renewal -> renew(renewal, until, served));
    notWaiting(served);
    List<Member> dead = members.values().stream().filter(m -> m.leaseUntil() <= now).toList();
    dead.forEach(member -> fail(member.id(), member.incarnation(), Cause.SILENT));
    failures.values().removeIf(failure -> failure.isForgotten(now));
    // one that does not come back
    draining.keySet().removeIf(node -> !members.containsKey(node) && !failures.containsKey(node));
    if (releasing > 0) {
      List<Ownership> late = partitions.values().stream().filter(this::isLate).toList();
      late.forEach(partition -> put(partition.freed(now)));
    }
  }

  private boolean isLate(Ownership partition) {
    return isReleasing(partition) && now - partition.since() >= RELEASE_MAX_MILLIS;
  }

  /// @param served gets the partitions of which it says so
  private void renew(Renewal renewal, long until, Set<PartitionKey> served) {
    if (left.contains(renewal.incarnation())) {
      return;
    }
    if (renewal.generation() > generation) {
      found(renewal.generation() + 1);
    }
    Member before = members.get(renewal.node());
    if (before != null && !before.incarnation().equals(renewal.incarnation())) {
      fail(before.id(), before.incarnation(), Cause.RESTARTED);
      before = null;
    }
    Member renewed =
        before == null ? Member.of(renewal, now, until) : before.renewed(renewal, now, until);
    members.put(renewal.node(), renewed);
    touched |= before == null || !before.saysTheSameAs(renewed);
    renewal.reports().forEach(report -> report(renewed, report, served));
  }

  private void report(Member by, Report report, Set<PartitionKey> served) {
    Ownership partition = partitions.get(report.partition());
    if (partition == null) {
      return;
    }
    if (report.epoch() > partition.epoch()) {
      partition = partition.seen(report.epoch());
      put(partition);
    }
    if (partition.version() != report.version() || !partition.isOf(by.id(), by.incarnation())) {
      return;
    }
    if (report.fate() == Fate.OPENED) {
      put(partition.opened(report.epoch(), now));
      served.add(partition.key());
    } else {
      release(partition);
    }
  }

  /// At once to who comes next, if there is somebody: so that it does not go anywhere else.
  private void release(Ownership partition) {
    NodeId next = partition.next();
    Member to = next != null && eligible().contains(next) ? members.get(next) : null;
    if (to == null) {
      put(partition.freed(now));
    } else {
      moves++;
      put(partition.assigned(to, index, now));
    }
  }

  private void drain(NodeId node, boolean on) {
    Member member = members.get(node);
    if (on && member != null && !isDraining(member)) {
      draining.put(node, member.incarnation());
      touch();
    } else if (!on && draining.remove(node) != null) {
      touch();
    }
  }

  private void leave(NodeId node, UUID incarnation) {
    if (remove(node, incarnation, Cause.LEFT)) {
      left.add(incarnation);
      if (left.size() > LEFT_MAX) {
        left.removeFirst();
      }
    }
  }

  /// It may come back, if it was only not heard of.
  private void fail(NodeId node, UUID incarnation, Cause cause) {
    if (remove(node, incarnation, cause)) {
      failures.merge(node, Failures.NONE.more(now), (before, _) -> before.more(now));
    }
  }

  private boolean remove(NodeId node, UUID incarnation, Cause cause) {
    Member member = members.get(node);
    if (member == null || !member.incarnation().equals(incarnation)) {
      return false;
    }
    members.remove(node);
    List<PartitionKey> owned = new ArrayList<>();
    for (Ownership partition : List.copyOf(partitions.values())) {
      if (partition.isOf(node, incarnation)) {
        put(partition.freed(now));
        owned.add(partition.key());
      }
    }
    if (!owned.isEmpty()) {
      begin(new Failover(node, cause, index, member.heardAt(), owned.size(), owned, 0));
    }
    touch();
    return true;
  }

  private void begin(Failover failover) {
    failovers.add(failover);
    if (failovers.size() > FAILOVERS_MAX) {
      failovers.removeFirst();
    }
  }

  private void notWaiting(Set<PartitionKey> keys) {
    if (!keys.isEmpty()) {
      failovers.replaceAll(failover -> failover.without(keys, now));
    }
  }

  private void define(List<PartitionDefinition> added, List<PartitionKey> removed) {
    for (PartitionDefinition definition : added) {
      if (!partitions.containsKey(definition.key())) {
        put(Ownership.free(definition.key(), definition.queue(), 0, now));
      }
    }
    for (PartitionKey key : removed) {
      Ownership before = partitions.remove(key);
      if (before != null) {
        replaced(before, null);
      }
    }
    notWaiting(new HashSet<>(removed));
  }

  private void put(Ownership partition) {
    replaced(partitions.put(partition.key(), partition), partition);
  }

  private void replaced(@Nullable Ownership before, @Nullable Ownership after) {
    releasing += (isReleasing(after) ? 1 : 0) - (isReleasing(before) ? 1 : 0);
    listed = null;
    touched = true;
    // a plan asks where partitions belong, and not how far they have come
    changed |= before == null || after == null || !Objects.equals(before.home(), after.home());
  }

  private static boolean isOwned(@Nullable Ownership partition) {
    return partition != null && partition.state() != State.FREE;
  }

  private static boolean isReleasing(@Nullable Ownership partition) {
    return partition != null && partition.state() == State.RELEASING;
  }

  // Assignment

  /// Who may own partitions: not those whose storage is away while others reach theirs, and not
  /// those who have failed lately.
  private SortedSet<NodeId> eligible() {
    List<Member> candidates =
        members.values().stream().filter(member -> !isDraining(member)).toList();
    List<Member> reaching = candidates.stream().filter(member -> !isCutOff(member)).toList();
    // what those who are cut off own stays where it is if there is nobody else
    return withoutTheWorst(reaching.isEmpty() ? candidates : reaching);
  }

  /// Keeps at most half of them out: where more have failed, it is not for them, and all that a
  /// cluster does would be on the few that have not.
  private SortedSet<NodeId> withoutTheWorst(List<Member> candidates) {
    SortedSet<NodeId> eligible = new TreeSet<>();
    List<NodeId> failed = new ArrayList<>();
    for (Member member : candidates) {
      eligible.add(member.id());
      if (isKeptOut(member.id())) {
        failed.add(member.id());
      }
    }
    failed.sort(
        Comparator.comparingLong((NodeId node) -> failuresOf(node).until())
            .reversed()
            .thenComparing(Comparator.naturalOrder()));
    failed.stream().limit(candidates.size() / 2).forEach(eligible::remove);
    return eligible;
  }

  private boolean isDraining(Member member) {
    return member.incarnation().equals(draining.get(member.id()));
  }

  private boolean isCutOff(@Nullable NodeId node) {
    Member member = node == null ? null : members.get(node);
    return member != null && isCutOff(member);
  }

  private boolean isCutOff(Member member) {
    return !member.storageReachable()
        && members.values().stream()
            .filter(Member::storageReachable)
            .mapToLong(other -> now - Math.max(other.storageSince(), member.storageSince()))
            .anyMatch(both -> both >= CUT_OFF_MILLIS);
  }

  private boolean isKeptOut(NodeId node) {
    return failuresOf(node).until() > now;
  }

  /// Whether any node is kept out since it has failed; at most half of them get no partitions.
  boolean keepsOut() {
    return failures.keySet().stream().anyMatch(this::isKeptOut);
  }

  private Failures failuresOf(NodeId node) {
    return failures.getOrDefault(node, Failures.NONE);
  }

  private void assign() {
    SortedSet<NodeId> eligible = eligible();
    if (generation == 0 || (!changed && eligible.equals(plannedFor))) {
      return;
    }
    SortedMap<PartitionKey, NodeId> plan = Balancer.moves(eligible, partitions.values());
    boolean heldBack = false;
    int movesMax = movesMax(eligible);
    Map<NodeId, Integer> moving =
        plan.keySet().stream().anyMatch(key -> isOwned(partitions.get(key))) ? moving() : Map.of();
    for (Map.Entry<PartitionKey, NodeId> move : plan.entrySet()) {
      Ownership partition = Objects.requireNonNull(partitions.get(move.getKey()));
      NodeId home = move.getValue();
      switch (partition.state()) {
        case FREE -> assign(partition, home);
        case RELEASING -> put(partition.releasing(home, now));
        case ASSIGNED, SERVING -> {
          if (isCutOff(partition.owner())) {
            // it could not let go before its database answers, which keeps it from writing
            assign(partition, home);
          } else if (moving.getOrDefault(home, 0) < movesMax && mayMove(partition.owner(), home)) {
            moving.merge(home, 1, Integer::sum);
            put(partition.releasing(home, now));
          } else {
            heldBack = true;
          }
        }
      }
    }
    plannedFor = eligible;
    // what was held back is planned anew with each command until nothing is
    changed = heldBack;
  }

  private int movesMax(SortedSet<NodeId> eligible) {
    return Math.max(MOVES_MIN, partitions.size() / Math.max(1, eligible.size()) / MOVES_SHARE);
  }

  /// How many partitions are on their way to each node: not served, or not for long.
  private Map<NodeId, Integer> moving() {
    Map<NodeId, Integer> moving = new HashMap<>();
    for (Ownership partition : partitions.values()) {
      boolean opening =
          partition.state() == State.ASSIGNED && now - partition.since() < OPEN_MAX_MILLIS;
      NodeId to = partition.home();
      if (to != null && (opening || partition.state() == State.RELEASING)) {
        moving.merge(to, 1, Integer::sum);
      }
    }
    return moving;
  }

  /// Whether a partition may be taken from the one and given to the other now.
  private boolean mayMove(@Nullable NodeId from, NodeId to) {
    if (!isSettled(from)) {
      return true;
    }
    Member leaving = from == null ? null : members.get(from);
    return isSettled(to) && ((leaving != null && isDraining(leaving)) || isCalm(to));
  }

  /// Whether nobody else has come lately, or that has held up `node` for long enough.
  private boolean isCalm(NodeId node) {
    return isThereFor(node, CALM_MAX_MILLIS) || members.keySet().stream().allMatch(this::isSettled);
  }

  private boolean isSettled(@Nullable NodeId node) {
    return isThereFor(node, SETTLE_MILLIS);
  }

  private boolean isThereFor(@Nullable NodeId node, long millis) {
    Member member = node == null ? null : members.get(node);
    return member != null && now - member.storageSince() >= millis;
  }

  private void assign(Ownership partition, NodeId home) {
    put(partition.assigned(Objects.requireNonNull(members.get(home)), index, now));
  }

  // Keeping

  /// Everything, for a snapshot: tables that have applied the same commands give equal bytes.
  public byte[] encode() {
    return TableCodec.encode(
        new TableCodec.Contents(
            generation,
            index,
            changedAt,
            now,
            controller,
            List.copyOf(members.values()),
            List.copyOf(partitions.values()),
            List.copyOf(failures.entrySet()),
            List.copyOf(draining.entrySet()),
            List.copyOf(left),
            moves,
            List.copyOf(failovers)));
  }

  /// @throws IllegalArgumentException if these are not bytes that [#encode] gave, undamaged
  public static OwnershipTable decode(byte[] bytes) {
    TableCodec.Contents contents = TableCodec.decode(bytes);
    OwnershipTable table = new OwnershipTable();
    table.generation = contents.generation();
    table.index = contents.index();
    table.changedAt = contents.changedAt();
    table.now = contents.now();
    table.controller = contents.controller();
    contents.members().forEach(member -> table.members.put(member.id(), member));
    contents.partitions().forEach(table::put);
    contents.failures().forEach(entry -> table.failures.put(entry.getKey(), entry.getValue()));
    contents.draining().forEach(entry -> table.draining.put(entry.getKey(), entry.getValue()));
    table.left.addAll(contents.left());
    table.moves = contents.moves();
    table.failovers.addAll(contents.failovers());
    return table;
  }

  // Reading

  private List<Ownership> listed() {
    List<Ownership> list = listed;
    if (list == null) {
      list = List.copyOf(partitions.values());
      listed = list;
    }
    return list;
  }

  /// Everything, as it is now.
  public OwnershipView view() {
    return new OwnershipView(
        generation,
        index,
        changedAt,
        now,
        controller,
        List.copyOf(members.values()),
        members.values().stream().filter(this::isDraining).map(Member::id).toList(),
        listed(),
        moves,
        List.copyOf(failovers));
  }
}

package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Produced;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.memory.MemoryPartitionStore;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/// The plain model of a queue with a dead queue: where each item may go, by what was said to whom.
///
/// After each step it reads everything that is stored and judges every item's way since the last
/// look. Items are told apart by their payload, which is never produced twice.
final class Model {
  private static final long KEY_MICROS = 14 * 60_000_000L;

  private final MemoryPartitionStore store;
  private final ManualClock clock;
  private final PartitionKey source;
  private final List<Told> events = new ArrayList<>();
  private final Map<PartitionKey, Map<String, Row>> rows = new HashMap<>();
  private final Map<PartitionKey, Set<String>> gone = new HashMap<>();
  private final Map<PartitionKey, Set<String>> seen = new HashMap<>();
  private final Map<PartitionKey, Long> highestLeased = new HashMap<>();
  private final Map<ItemId, String> ids = new HashMap<>();
  private final Map<String, LeasedItem> lastLease = new HashMap<>();
  private final List<LeasedItem> answers = new ArrayList<>();

  /// Of [#answers], those whose leases may not have ended yet.
  private final List<LeasedItem> perhapsHeld = new ArrayList<>();

  private final List<LeasedItem> newAnswers = new ArrayList<>();
  private final Map<String, Integer> touches = new HashMap<>();
  private final Map<String, List<Keyed>> keys = new HashMap<>();
  private final Set<QueueSettings> settings = new HashSet<>();
  private QueueSettings current;
  private final Map<PartitionKey, Boolean> uncertain = new HashMap<>();

  enum Kind {
    ABSENT,
    READY,
    LEASED,
    SCHEDULED,
    WAITING_DEAD
  }

  /// What happened to items of a partition.
  sealed interface Event {
    PartitionKey partition();

    record Added(PartitionKey partition, List<String> names) implements Event {}

    record Completed(PartitionKey partition, List<String> names) implements Event {}

    record Retried(PartitionKey partition, List<String> names) implements Event {}

    record Deleted(PartitionKey partition, List<String> names) implements Event {}

    record Cleared(PartitionKey partition, Command.Clear clear) implements Event {}
  }

  /// @param uncertain whether it may not have happened
  private record Told(Event event, boolean uncertain) {}

  private record Row(Kind kind, ItemHead head, long deadline, int attempts, long lease) {}

  private record Keyed(KeyHash request, String name, long at, boolean certain) {}

  Model(
      MemoryPartitionStore store, ManualClock clock, PartitionKey source, QueueSettings settings) {
    this.store = store;
    this.clock = clock;
    this.source = source;
    current = settings;
    this.settings.add(settings);
  }

  static String name(ItemContent content) {
    return new String(content.payload(), StandardCharsets.UTF_8);
  }

  // What is told

  void event(Event event, boolean uncertain) {
    events.add(new Told(event, uncertain));
  }

  /// Something may have been written that nobody was told of.
  void uncertain() {
    rows.keySet().forEach(key -> uncertain.put(key, true));
  }

  void configured(QueueSettings now) {
    settings.add(now);
    current = now;
  }

  /// Dead items are on their way.
  void deliveringDead(List<String> names) {
    PartitionKey dead = new PartitionKey(source.bits() + 1);
    names.forEach(name -> event(new Event.Added(dead, List.of(name)), true));
  }

  void deliveredDead(List<String> names) {
    PartitionKey dead = new PartitionKey(source.bits() + 1);
    Set<String> known = seen.getOrDefault(dead, Set.of());
    for (String name : names) {
      boolean there = known.contains(name) || stored(dead, name);
      assertThat(there).as("delivered is visible: " + name).isTrue();
    }
  }

  private boolean stored(PartitionKey key, String name) {
    return read(key).stream().anyMatch(item -> name(item.content()).equals(name));
  }

  void keyed(String key, KeyHash request, Produced produced, String name, long now) {
    List<Keyed> known = keys.computeIfAbsent(key, _ -> new ArrayList<>());
    known.removeIf(k -> now - k.at() > KEY_MICROS);
    switch (produced) {
      case ADDED -> {
        assertThat(known).as("a key adds once").noneMatch(Keyed::certain);
        known.clear();
        known.add(new Keyed(request, name, now, true));
        event(new Event.Added(source, List.of(name)), false);
      }
      case REPEATED ->
          assertThat(known).as("a repeat of").anyMatch(k -> k.request().equals(request));
      case KEY_REUSED ->
          assertThat(known).as("a reuse of").anyMatch(k -> !k.request().equals(request));
    }
  }

  void keyedUnknown(String key, KeyHash request, String name) {
    keys.computeIfAbsent(key, _ -> new ArrayList<>())
        .add(new Keyed(request, name, clock.micros(), false));
    event(new Event.Added(source, List.of(name)), true);
  }

  void leased(List<LeasedItem> items) {
    newAnswers.addAll(items);
    assertThat(items).extracting(LeasedItem::id).isSorted();
    for (LeasedItem item : items) {
      PartitionKey key = item.id().partition();
      String name = name(item.content());
      ids.put(item.id(), name);
      answers.add(item);
      perhapsHeld.add(item);
      assertThat(item.deadline()).isGreaterThan(clock.micros());
      assertThat(gone.getOrDefault(key, Set.of())).as("never comes back").doesNotContain(name);
      LeasedItem before = lastLease.put(name + "@" + key, item);
      if (before != null && before.deadline() > clock.micros()) {
        boolean returned =
            events.stream()
                    .anyMatch(t ->
                        t.event() instanceof Event.Retried(var at, var names)
                            && at.equals(key)
                            && names.contains(name))
                || row(key, name).kind() != Kind.LEASED;
        assertThat(returned).as("one live lease at a time: " + name + " " + before).isTrue();
      }
      if (before != null) {
        assertThat(item.attempts()).as("attempts of " + name).isGreaterThan(before.attempts());
      }
    }
  }

  // What is asked

  List<ItemId> knownIds(PartitionKey key) {
    List<ItemId> recent =
        answers.stream().map(LeasedItem::id).filter(id -> id.partition().equals(key)).toList();
    return recent.subList(Math.max(0, recent.size() - 30), recent.size());
  }

  /// Whose leases have not ended, as of the last look at the partition.
  List<LeasedItem> held(PartitionKey key) {
    perhapsHeld.removeIf(item -> item.id().partition().equals(key) && !isHeld(item));
    return perhapsHeld.stream().filter(item -> item.id().partition().equals(key)).toList();
  }

  private boolean isHeld(LeasedItem item) {
    Row row = row(item.id().partition(), name(item.content()));
    return row.kind() == Kind.LEASED && row.head().position() == item.id().position();
  }

  List<ItemId> storedIds(PartitionKey key, SplittableRandom random, int max) {
    List<Row> stored = new ArrayList<>(rows.getOrDefault(key, Map.of()).values());
    List<ItemId> picked = new ArrayList<>();
    for (int i = 0; i < max && !stored.isEmpty(); i++) {
      picked.add(ItemId.of(key, stored.get(random.nextInt(stored.size())).head()));
    }
    return picked;
  }

  List<String> names(List<ItemId> wanted) {
    return wanted.stream().map(ids::get).toList();
  }

  Map<String, Integer> touch(Collection<String> names) {
    Map<String, Integer> after = new HashMap<>();
    names.forEach(name -> after.put(name, touches.merge(name, 1, Integer::sum)));
    return after;
  }

  void touchAll() {
    touch(new HashSet<>(ids.values()));
  }

  boolean allLive(List<ItemId> wanted) {
    return wanted.stream()
        .allMatch(id -> {
          String name = ids.get(id);
          LeasedItem lease = lastLease.get(name + "@" + id.partition());
          return lease != null
              && lease.id().equals(id)
              && lease.deadline() > clock.micros()
              && touches.getOrDefault(name, 0) == 0;
        });
  }

  boolean stillLive(List<ItemId> wanted, Map<String, Integer> touchesBefore) {
    return wanted.stream()
        .allMatch(id -> {
          LeasedItem lease = lastLease.get(ids.get(id) + "@" + id.partition());
          return lease != null
              && lease.deadline() > clock.micros()
              && Objects.equals(touches.get(ids.get(id)), touchesBefore.get(ids.get(id)));
        });
  }

  boolean isEmpty(PartitionKey key) {
    return rows.getOrDefault(key, Map.of()).isEmpty();
  }

  private Row row(PartitionKey key, String name) {
    return row(rows.getOrDefault(key, Map.of()), name);
  }

  private static Row row(Map<String, Row> rows, String name) {
    return rows.getOrDefault(name, ABSENT);
  }

  private static final Row ABSENT =
      new Row(
          Kind.ABSENT, new ItemHead(0, 0, 0, Long.MAX_VALUE, ItemHead.READY, 0, 0, ""), 0, 0, 0);

  // What is stored

  private static Opened anyone(PartitionKey key) {
    Claim claim = new Claim("reader", new UUID(0, 0), 0, 0);
    return new Opened(key, claim, Epoch.NONE, Instant.EPOCH, LowWater.NONE, false, false);
  }

  private List<StoredItem> read(PartitionKey key) {
    PageLimit all = new PageLimit(1_000_000, Long.MAX_VALUE);
    PositionRange range = new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE);
    return store.items(anyone(key), range, all);
  }

  private Map<String, Row> look(PartitionKey key, LowWater lowWater) {
    Map<Long, StoredLease> leases = new HashMap<>();
    Map<Long, Integer> attempts = new HashMap<>();
    for (StoredLease lease : store.leases(anyone(key))) {
      for (int i = 0; i < lease.positions().length; i++) {
        leases.put(lease.positions()[i], lease);
        attempts.put(lease.positions()[i], lease.attempts()[i]);
      }
    }
    Map<String, Row> found = new HashMap<>();
    for (StoredItem item : read(key)) {
      long position = item.position();
      StoredLease lease = leases.get(position);
      boolean garbage =
          lease == null
              && position < (Position.isReady(position) ? lowWater.ready() : lowWater.notReady());
      if (garbage) {
        continue;
      }
      Kind kind =
          lease != null
              ? Kind.LEASED
              : Position.isReady(position)
                  ? Kind.READY
                  : item.head().dueAt() == ItemHead.NEVER ? Kind.WAITING_DEAD : Kind.SCHEDULED;
      String name = name(item.content());
      ids.put(ItemId.of(key, item.head()), name);
      Row row =
          lease == null
              ? new Row(kind, item.head(), 0, item.head().attempts(), 0)
              : new Row(
                  kind,
                  item.head(),
                  lease.deadline(),
                  attempts.getOrDefault(position, 0),
                  lease.id());
      if (found.put(name, row) != null) {
        throw new AssertionError("stored twice: " + name);
      }
    }
    return found;
  }

  /// Judges what became of every item of the partition since the last look.
  void observe(PartitionKey key, PartitionStats stats, LowWater lowWater) {
    Map<String, Row> before = rows.getOrDefault(key, Map.of());
    Map<String, Row> after = look(key, lowWater);
    Set<String> added = new HashSet<>();
    for (Told told : events) {
      if (told.event() instanceof Event.Added(var at, var names) && at.equals(key)) {
        added.addAll(names);
      }
    }
    Set<String> all = new HashSet<>(before.keySet());
    all.addAll(after.keySet());
    all.addAll(added);
    Set<String> known = seen.computeIfAbsent(key, _ -> new HashSet<>());
    for (String name : all) {
      Row was = row(before, name);
      Kind is = row(after, name).kind();
      if (is != was.kind() || added.contains(name)) {
        judge(key, name, was, is, known.contains(name));
      }
    }
    known.addAll(after.keySet());
    certainties(key, after);
    order(key, after);
    counters(after, stats);
    rows.put(key, after);
    events.removeIf(t -> t.event().partition().equals(key));
    newAnswers.removeIf(item -> item.id().partition().equals(key));
    uncertain.put(key, false);
    if (key.equals(source)) {
      settings.clear();
      settings.add(current);
    }
  }

  private void judge(PartitionKey key, String name, Row was, Kind is, boolean known) {
    Set<Kind> starts = starts(key, name, was, known);
    if (!starts.contains(is) && !reachable(key, name, was, starts).contains(is)) {
      throw new AssertionError(
          "%s of %s was %s and is %s at %s, events %s"
              .formatted(name, key.bits(), was, is, clock.micros(), events));
    }
  }

  private Set<Kind> starts(PartitionKey key, String name, Row was, boolean known) {
    Set<Kind> starts = EnumSet.of(was.kind());
    for (Told told : events) {
      if (told.event() instanceof Event.Added(var at, var names)
          && at.equals(key)
          && names.contains(name)
          && !known) {
        if (!told.uncertain()) {
          starts.clear();
        }
        starts.addAll(EnumSet.of(Kind.READY, Kind.SCHEDULED, Kind.LEASED));
      }
    }
    return starts;
  }

  private Set<Kind> reachable(PartitionKey key, String name, Row was, Set<Kind> starts) {
    Set<Kind> reached = EnumSet.noneOf(Kind.class);
    Set<Kind> further = starts;
    while (!further.isEmpty()) {
      reached.addAll(further);
      Set<Kind> after = EnumSet.noneOf(Kind.class);
      further.forEach(kind -> after.addAll(next(key, name, was, kind)));
      after.removeAll(reached);
      further = after;
    }
    return reached;
  }

  private Set<Kind> next(PartitionKey key, String name, Row was, Kind kind) {
    long now = clock.micros();
    boolean expired = was.head().expireAt() <= now;
    boolean noDeadQueue =
        !key.equals(source) || settings.stream().anyMatch(s -> s.deadQueue().isEmpty());
    Set<Kind> next = EnumSet.noneOf(Kind.class);
    if (happened(key, name, Event.Deleted.class)) {
      next.add(Kind.ABSENT);
    }
    switch (kind) {
      case ABSENT -> {}
      case READY -> {
        if (answered(key, name) || uncertain.getOrDefault(key, false)) {
          next.add(Kind.LEASED);
        }
        if (expired) {
          next.add(noDeadQueue ? Kind.ABSENT : Kind.WAITING_DEAD);
          next.add(Kind.WAITING_DEAD);
        }
        if (cleared(key, clear -> clear.ready())) {
          next.add(Kind.ABSENT);
        }
      }
      case LEASED -> {
        boolean ranOut = was.kind() == Kind.LEASED && was.deadline() + 25_000 <= now;
        boolean exhausted =
            settings.stream()
                .anyMatch(s -> s.maxAttempts() > 0 && was.attempts() >= s.maxAttempts());
        boolean retried = happened(key, name, Event.Retried.class);
        if (ranOut || retried) {
          next.add(Kind.READY);
        }
        if (retried) {
          next.add(Kind.SCHEDULED);
        }
        if (retried || (ranOut && (exhausted || expired))) {
          next.add(Kind.WAITING_DEAD);
          if (noDeadQueue) {
            next.add(Kind.ABSENT);
          }
        }
        if (happened(key, name, Event.Completed.class)
            || cleared(key, clear -> clear.ready() && clear.leased())) {
          next.add(Kind.ABSENT);
        }
      }
      case SCHEDULED -> {
        if (was.kind() != Kind.SCHEDULED || was.head().dueAt() <= now) {
          next.add(Kind.READY);
        }
        if (cleared(key, clear -> clear.scheduled())) {
          next.add(Kind.ABSENT);
        }
      }
      case WAITING_DEAD -> {
        PartitionKey dead = new PartitionKey(source.bits() + 1);
        boolean delivered = seen.getOrDefault(dead, Set.of()).contains(name);
        if (delivered || noDeadQueue || cleared(key, clear -> clear.scheduled())) {
          next.add(Kind.ABSENT);
        }
      }
    }
    return next;
  }

  private boolean happened(PartitionKey key, String name, Class<? extends Event> kind) {
    for (Told told : events) {
      Event event = told.event();
      if (kind.isInstance(event) && event.partition().equals(key) && names(event).contains(name)) {
        return true;
      }
    }
    return false;
  }

  private static List<String> names(Event event) {
    return switch (event) {
      case Event.Added(_, var names) -> names;
      case Event.Completed(_, var names) -> names;
      case Event.Retried(_, var names) -> names;
      case Event.Deleted(_, var names) -> names;
      case Event.Cleared _ -> List.of();
    };
  }

  private boolean cleared(PartitionKey key, java.util.function.Predicate<Command.Clear> condition) {
    return events.stream()
        .anyMatch(t ->
            t.event() instanceof Event.Cleared(var at, var clear)
                && at.equals(key)
                && condition.test(clear));
  }

  private boolean answered(PartitionKey key, String name) {
    return newAnswers.stream()
        .anyMatch(item -> item.id().partition().equals(key) && name(item.content()).equals(name));
  }

  /// What was acknowledged has happened.
  private void certainties(PartitionKey key, Map<String, Row> after) {
    Set<String> never = gone.computeIfAbsent(key, _ -> new HashSet<>());
    boolean othersToo = events.stream().filter(t -> t.event().partition().equals(key)).count() > 1;
    for (Told told : events) {
      if (!told.event().partition().equals(key)) {
        continue;
      }
      if (told.event() instanceof Event.Completed(_, var names) && !told.uncertain()) {
        never.addAll(names);
      }
      if (told.event() instanceof Event.Added(_, var names) && told.uncertain() && !othersToo) {
        long there = names.stream().filter(after::containsKey).count();
        assertThat(there).as("all or nothing: " + names).isIn(0L, (long) names.size());
      }
    }
    assertThat(after.keySet()).as("what was completed").noneMatch(never::contains);
  }

  /// Lowest first, never backwards, nothing expired.
  private void order(PartitionKey key, Map<String, Row> after) {
    long highest = Long.MIN_VALUE;
    for (LeasedItem item : newAnswers) {
      if (item.id().partition().equals(key)) {
        assertThat(item.id().position())
            .as("positions rise across lease answers")
            .isGreaterThan(highestLeased.getOrDefault(key, Long.MIN_VALUE));
        highest = Math.max(highest, item.id().position());
        Row row = after.get(name(item.content()));
        if (row != null && row.kind() == Kind.LEASED) {
          long leasedAt = item.deadline() - History.LEASE.toNanos() / 1_000;
          assertThat(row.head().expireAt()).as("expired items").isGreaterThan(leasedAt);
        }
      }
    }
    if (highest == Long.MIN_VALUE) {
      return;
    }
    highestLeased.put(key, highest);
    long now = clock.micros();
    for (Map.Entry<String, Row> entry : after.entrySet()) {
      Row row = entry.getValue();
      boolean passedOver =
          row.kind() == Kind.READY
              && row.head().position() < highest
              && row.head().expireAt() > now;
      if (passedOver) {
        throw new AssertionError("passed over: " + entry);
      }
    }
  }

  private static void counters(Map<String, Row> after, PartitionStats stats) {
    if (!stats.exact()) {
      return;
    }
    int ready = 0;
    int leased = 0;
    int scheduled = 0;
    long created = 0;
    for (Row row : after.values()) {
      switch (row.kind()) {
        case READY -> ready++;
        case LEASED -> leased++;
        case SCHEDULED, WAITING_DEAD -> scheduled++;
        case ABSENT -> throw new AssertionError("absent, but stored: " + row);
      }
      if (row.kind() == Kind.READY || row.kind() == Kind.LEASED) {
        created += Math.floorDiv(row.head().createdAt(), 1_000) - stats.baseMillis();
      }
    }
    assertThat(stats.leased()).as("leased").isEqualTo(leased);
    assertThat(stats.total()).as("total").isEqualTo(ready + leased);
    assertThat(stats.scheduled()).as("scheduled").isEqualTo(scheduled);
    assertThat(stats.createdSumMillis()).as("sum of ages").isEqualTo(created);
  }

  @Override
  public String toString() {
    return rows.toString();
  }
}

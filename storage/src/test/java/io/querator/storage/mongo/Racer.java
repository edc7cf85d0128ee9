package io.querator.storage.mongo;

import static java.util.Objects.requireNonNull;

import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.Counting;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// One process that wants a partition: takes it, reads it, writes turns, looks whether it sees what
/// it wrote, loses it, and takes it again. Runs as one thread of a [Schedule].
final class Racer {
  /// Small, so that many payloads lie in several documents.
  static final int PART_BYTES = 12;

  private static final Set<KeyHash> HASHES = hashes();
  private static final int[] MINUTES = {10, 11, KeyEntry.KEPT};
  private static final PageLimit ALL = new PageLimit(10_000, Long.MAX_VALUE);
  private static final PositionRange EVERYTHING = new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE);
  private static final int READ_ATTEMPTS = 20;

  /// What the owner believes that the partition holds.
  private static final class Memory {
    private final TreeMap<Long, StoredItem> items = new TreeMap<>();
    private final TreeMap<Long, StoredLease> leases = new TreeMap<>();
    private final Map<KeyHash, KeyEntry> keys = new HashMap<>();
    private LowWater lowWater = LowWater.NONE;

    Memory copy() {
      Memory copy = new Memory();
      copy.items.putAll(items);
      copy.leases.putAll(leases);
      copy.keys.putAll(keys);
      copy.lowWater = lowWater;
      return copy;
    }

    void apply(Batch batch) {
      for (long position : batch.removed()) {
        items.remove(position);
      }
      for (Move move : batch.moves()) {
        StoredItem item = items.remove(move.from());
        if (item != null) {
          items.put(move.to(), moved(item, move));
        }
      }
      batch.items().forEach(item -> items.put(item.position(), item));
      for (long id : batch.endedLeases()) {
        leases.remove(id);
      }
      batch.leases().forEach(lease -> leases.put(lease.id(), lease));
      batch.removedKeys().forEach(keys::remove);
      batch.keys().forEach(key -> keys.put(key.hash(), key));
      LowWater mark = batch.lowWater();
      lowWater = mark == null ? lowWater : mark;
    }

    private static StoredItem moved(StoredItem item, Move move) {
      ItemHead head = item.head();
      return new StoredItem(
          new ItemHead(
              move.to(),
              move.placedAt(),
              head.createdAt(),
              head.expireAt(),
              move.dueAt(),
              move.attempts(),
              head.maxAttempts(),
              head.sourceId()),
          item.content());
    }

    Ledger.Contents contents() {
      return Ledger.Contents.of(items.values(), leases.values(), keys.values(), lowWater);
    }
  }

  private final String name;
  private final MongoPartitionStore store;
  private final PartitionKey key;
  private final Schedule schedule;
  private final FaultyLink link;
  private final Random random;
  private final Ledger ledger;
  private final AtomicLong decisions;
  private final UUID incarnation;

  private @Nullable Opened opened;
  private Epoch seen = Epoch.NONE;
  private Memory memory = new Memory();
  private long count;

  /// What the partition is being filled up to; null if it is not.
  private @Nullable Epoch base;

  Racer(
      String name,
      MongoPartitionStore store,
      PartitionKey key,
      Schedule schedule,
      FaultyLink link,
      Random random,
      Ledger ledger,
      AtomicLong decisions) {
    this.name = name;
    this.store = store;
    this.key = key;
    this.schedule = schedule;
    this.link = link;
    this.random = random;
    this.ledger = ledger;
    this.decisions = decisions;
    this.incarnation = new UUID(random.nextLong(), random.nextLong());
  }

  private static Set<KeyHash> hashes() {
    Set<KeyHash> hashes = new LinkedHashSet<>();
    for (int i = 0; i < 6; i++) {
      hashes.add(KeyHash.of('k', "key " + i));
    }
    return hashes;
  }

  /// Takes the partition some times, and writes some turns each time.
  void race(int times, int turns) {
    for (int i = 0; i < times; i++) {
      if (random.nextInt(8) == 0) {
        link.beginOutage(random.nextInt(80));
      }
      if (take() && look()) {
        int wanted = 1 + random.nextInt(turns);
        for (int turn = 0; turn < wanted && opened != null; turn++) {
          turn();
        }
      }
      for (int pause = random.nextInt(20); pause > 0; pause--) {
        schedule.step();
      }
    }
  }

  /// Fills the partition with rows of epochs up to `upTo`.
  ///
  /// @param further turns, besides the first
  /// @param careless whether it goes for filled when something was not committed
  /// @return whether everything was committed; otherwise nobody must ever see the partition
  boolean fill(Epoch upTo, int further, boolean careless) {
    base = upTo;
    try {
      Claim claim = new Claim(name, incarnation, 1, decisions.incrementAndGet());
      if (!(store.open(Map.of(key, upTo), claim).getFirst() instanceof Opened first)) {
        return false; // it was opened, but the answer did not arrive
      }
      begin(first);
    } catch (StorageException.Unavailable e) {
      return false;
    }
    ledger.check(current().epoch().value() > upTo.value(), "an epoch is not above its base");
    for (int turn = 0; turn <= further; turn++) {
      Batch batch = new Intent(chosen(), 1 + random.nextInt(3), random.nextInt(3)).batch();
      CommitResult result = store.commit(List.of(batch)).getFirst();
      ledger.tell(name + " fills " + describe(batch) + ": " + result);
      if (!(result instanceof Committed(var epoch, _))) {
        if (careless) {
          break;
        }
        return false;
      }
      memory.apply(batch);
      opened = current().at(epoch);
    }
    ledger.filled(memory.contents());
    return true;
  }

  /// Takes the partition, and says what it holds.
  Ledger.Contents takeForGood() {
    ledger.check(take() && look(), name + " cannot open the partition");
    store.pruneKeys(current(), 0);
    return memory.contents();
  }

  private Opened current() {
    return requireNonNull(opened);
  }

  private boolean take() {
    Opened last = opened;
    OpenResult result;
    try {
      if (last != null && random.nextInt(3) > 0) {
        result = store.reopen(last);
      } else {
        long version = decisions.incrementAndGet() - (random.nextInt(6) == 0 ? 2 : 0);
        Claim claim = new Claim(name, incarnation, 1, version);
        result = store.open(Map.of(key, seen), claim).getFirst();
      }
    } catch (StorageException.Unavailable e) {
      return false;
    }
    if (result instanceof Opened taken) {
      ledger.tell(name + " opens epoch " + taken.epoch());
      ledger.check(!taken.historyLost(), "history lost");
      ledger.check(taken.epoch().compareTo(seen) > 0, "an epoch went back");
      begin(taken);
      return true;
    }
    ledger.check(result instanceof OpenResult.Stale, "the partition is missing");
    opened = null;
    return false;
  }

  private void begin(Opened at) {
    opened = at;
    seen = at.epoch();
    count = 0;
  }

  /// Reads everything; true if the partition was ours all the while.
  private boolean look() {
    Memory found = new Memory();
    Opened at = current();
    List<StoredItem> items = read(() -> store.items(at, EVERYTHING, ALL));
    List<StoredLease> leases = read(() -> store.leases(at));
    Map<KeyHash, KeyEntry> keys = read(() -> store.keys(at, HASHES, 0));
    if (items == null || leases == null || keys == null) {
      return false;
    }
    items.forEach(item -> found.items.put(item.position(), item));
    leases.forEach(lease -> found.leases.put(lease.id(), lease));
    found.keys.putAll(keys);
    found.lowWater = at.lowWater();
    if (!confirm()) {
      return false;
    }
    ledger.seen(at.epoch().value(), found.contents());
    memory = found;
    return true;
  }

  private <T> @Nullable T read(Supplier<T> reader) {
    for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      try {
        return reader.get();
      } catch (StorageException.Unavailable e) {
        schedule.step();
      }
    }
    return null;
  }

  /// Writes an empty turn; true if that was committed, so that nobody else has written before it.
  private boolean confirm() {
    for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      CommitResult result = commit(new Intent(List.of(), 0, 0).batch());
      if (result instanceof Committed) {
        return true;
      }
      if (!(result instanceof NotCommitted)) {
        return false;
      }
    }
    return false;
  }

  private CommitResult commit(Batch batch) {
    CommitResult result = store.commit(List.of(batch)).getFirst();
    switch (result) {
      case Committed(var epoch, _) -> raised(epoch);
      case NotCommitted(var epoch) -> raised(epoch);
      case CommitResult.Refused refused -> throw new AssertionError(refused);
      case CommitResult.Fenced _ -> opened = null;
      case CommitResult.Unavailable _ -> {}
    }
    return result;
  }

  private void raised(Epoch epoch) {
    if (!epoch.equals(current().epoch())) {
      begin(current().at(epoch));
    }
  }

  private void turn() {
    Intent intent = new Intent(chosen(), random.nextInt(3), random.nextInt(3));
    Counting counting = random.nextInt(4) == 0 ? beginCount() : null;
    Memory before = memory;
    boolean done = write(intent);
    if (done && counting != null) {
      finish(counting, before);
    } else if (counting != null) {
      counting.close();
    }
    if (done && opened != null && random.nextInt(3) == 0) {
      lookAround();
    }
  }

  /// Sends the same changes, under new positions, until it is known what became of them.
  private boolean write(Intent intent) {
    for (int attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      Batch batch = intent.batch();
      Memory after = memory.copy();
      after.apply(batch);
      Ledger.Sent sent = ledger.send(name + " " + describe(batch), after.contents());
      CommitResult result = commit(batch);
      ledger.tell(name + " " + describe(batch) + ": " + result);
      sent.told(result);
      if (result instanceof Committed) {
        memory = after;
        return true;
      }
      if (!(result instanceof NotCommitted)) {
        return recover(result);
      }
    }
    return false;
  }

  /// False: the turn is not done.
  private boolean recover(CommitResult result) {
    if (opened != null && result instanceof CommitResult.Unavailable) {
      if (take()) {
        look();
      } else {
        opened = null;
      }
    }
    return false;
  }

  private static String describe(Batch batch) {
    return "%s +%s ~%s -%s lease +%s -%s key +%s -%s"
        .formatted(
            batch.partition().epoch(),
            batch.items().stream().map(StoredItem::position).toList(),
            batch.moves(),
            Arrays.toString(batch.removed()),
            batch.leases().stream().map(StoredLease::id).toList(),
            Arrays.toString(batch.endedLeases()),
            batch.keys().stream().map(KeyEntry::hash).toList(),
            batch.removedKeys());
  }

  private @Nullable Counting beginCount() {
    try {
      return store.count(current(), PositionRange.READY, Instant.EPOCH);
    } catch (StorageException.Unavailable e) {
      return null;
    }
  }

  private void finish(Counting counting, Memory then) {
    while (counting instanceof MongoCounting running && !running.task().isDone()) {
      schedule.step();
    }
    try (counting) {
      Counting.Counts counts = counting.await();
      List<StoredItem> ready = List.copyOf(then.items.tailMap(0L).values());
      long sum =
          ready.stream().mapToLong(item -> Math.floorDiv(item.head().createdAt(), 1_000L)).sum();
      if (confirm()) {
        ledger.check(
            counts.equals(new Counting.Counts(ready.size(), sum)),
            "counted " + counts + " of " + ready.size());
      }
    } catch (StorageException.Unavailable e) {
      // To be tried again later.
    }
  }

  /// Reads by all the other ways.
  private void lookAround() {
    Opened at = current();
    long until = 40;
    List<ItemHead> due = read(() -> store.due(at, Due.FIRST, until, 3));
    List<ItemHead> heads = read(() -> store.heads(at, PositionRange.READY, 3));
    long[] some = memory.items.keySet().stream().mapToLong(Long::longValue).toArray();
    List<StoredItem> items = read(() -> store.items(at, some));
    if (due == null || heads == null || items == null) {
      return;
    }
    Memory then = memory;
    if (confirm()) {
      ledger.check(due.equals(dueOf(then, until)), "due: " + due + " in " + then.items.keySet());
      ledger.check(
          heads.equals(
              then.items.tailMap(0L).values().stream().limit(3).map(StoredItem::head).toList()),
          "heads: " + heads);
      ledger.check(items.size() == some.length, "items at " + some.length + ": " + items.size());
    }
  }

  private static List<ItemHead> dueOf(Memory memory, long until) {
    return memory.items.headMap(0L).values().stream()
        .map(StoredItem::head)
        .filter(head -> head.dueAt() <= until)
        .sorted(Comparator.comparingLong(ItemHead::dueAt).thenComparingLong(ItemHead::position))
        .limit(3)
        .toList();
  }

  private List<Long> chosen() {
    List<Long> positions = new ArrayList<>(memory.items.keySet());
    java.util.Collections.shuffle(positions, random);
    return positions.subList(0, Math.min(positions.size(), random.nextInt(5)));
  }

  /// What a turn is to change, whatever its positions will be.
  private final class Intent {
    private final List<Long> removed = new ArrayList<>();
    private final List<Long> moved = new ArrayList<>();
    private final List<Long> ended = new ArrayList<>();
    private final List<KeyHash> removedKeys = new ArrayList<>();
    private final List<KeyEntry> keys = new ArrayList<>();
    private final int added;
    private final int leases;
    private final boolean mark;
    private final long seed = random.nextLong();

    Intent(List<Long> touched, int added, int leases) {
      for (long position : touched) {
        (random.nextBoolean() ? removed : moved).add(position);
      }
      this.added = added;
      this.leases = leases;
      boolean something = added + leases + touched.size() > 0;
      this.mark = something && random.nextInt(10) == 0;
      if (something && random.nextBoolean()) {
        chooseKeys();
      }
      memory.leases.keySet().stream()
          .filter(_ -> something && random.nextBoolean())
          .forEach(ended::add);
    }

    private void chooseKeys() {
      for (KeyHash hash : HASHES) {
        KeyEntry stored = memory.keys.get(hash);
        if (stored == null && random.nextInt(3) == 0) {
          keys.add(
              new KeyEntry(
                  hash, MINUTES[random.nextInt(3)], KeyHash.of('r', "" + random.nextInt()), 7, 1));
        } else if (stored != null && stored.minute() == KeyEntry.KEPT && random.nextInt(2) == 0) {
          removedKeys.add(hash);
        }
      }
    }

    /// Under the current epoch and new positions.
    Batch batch() {
      Random details = new Random(seed);
      List<StoredItem> items = new ArrayList<>();
      for (int i = 0; i < added; i++) {
        items.add(item(details));
      }
      items.sort(Comparator.comparingLong(StoredItem::position));
      List<Move> moves = new ArrayList<>();
      for (long from : moved) {
        boolean ready = details.nextBoolean();
        moves.add(
            new Move(
                from,
                next(ready),
                details.nextInt(99),
                ready ? ItemHead.READY : details.nextInt(60),
                details.nextInt(9),
                null));
      }
      List<StoredLease> made = new ArrayList<>();
      for (int i = 0; i < leases; i++) {
        made.add(
            new StoredLease(next(true), name, 5, new long[] {details.nextInt(99)}, new int[] {1}));
      }
      LowWater lowWater =
          mark
              ? new LowWater(Position.ready(current().epoch(), count), memory.lowWater.notReady())
              : null;
      return new Batch(
          current(),
          new TurnToken(0),
          items,
          moves,
          sorted(removed),
          made,
          sorted(ended),
          keys,
          removedKeys,
          lowWater);
    }

    private StoredItem item(Random details) {
      boolean ready = details.nextBoolean();
      String payload = "payload ".repeat(1 + details.nextInt(4)) + details.nextInt(1_000);
      return new StoredItem(
          new ItemHead(
              next(ready),
              details.nextInt(99),
              details.nextInt(100_000),
              9,
              ready ? ItemHead.READY : details.nextInt(60),
              0,
              0,
              ""),
          new ItemContent("kind", name, "", payload.getBytes(StandardCharsets.UTF_8)));
    }

    private long next(boolean ready) {
      count++;
      Epoch upTo = base;
      Epoch epoch = upTo == null ? current().epoch() : new Epoch(1 + count % upTo.value());
      return ready ? Position.ready(epoch, count) : Position.notReady(epoch, count);
    }

    private static long[] sorted(List<Long> values) {
      return values.stream().mapToLong(Long::longValue).sorted().toArray();
    }
  }
}

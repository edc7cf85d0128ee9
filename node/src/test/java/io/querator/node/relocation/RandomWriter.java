package io.querator.node.relocation;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.CommitListener;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.Position;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Commits to a partition what a loop might, at random.
final class RandomWriter {
  private static final int MINUTE = 29_000_000;

  private final PartitionStore store;
  private final RandomGenerator random;
  private final TreeSet<Long> rows = new TreeSet<>();
  private final Map<Long, StoredLease> leases = new HashMap<>();
  private final Set<Long> leased = new HashSet<>();
  private final List<KeyHash> kept = new ArrayList<>();
  private Opened opened;
  private @Nullable CommitListener listener;
  private LowWater mark = LowWater.NONE;
  private long count;
  private int keys;
  private boolean stopped;

  RandomWriter(PartitionStore store, Opened opened, RandomGenerator random) {
    this.store = store;
    this.opened = opened;
    this.random = random;
  }

  void listen(@Nullable CommitListener listens) {
    listener = listens;
  }

  Opened opened() {
    return opened;
  }

  /// Goes on under another epoch, as after an answer that was lost.
  void raise() {
    opened = (Opened) store.reopen(opened);
    count = 0;
  }

  /// Writes nothing any more.
  void stop() {
    stopped = true;
  }

  void write() {
    if (stopped) {
      return;
    }
    List<StoredItem> items = new ArrayList<>();
    TreeSet<Long> touched = new TreeSet<>();
    for (int i = random.nextInt(6); i > 0; i--) {
      items.add(item(position(random.nextInt(4) > 0)));
    }
    List<Move> moves = new ArrayList<>();
    for (int i = random.nextInt(2); i > 0 && !rows.isEmpty(); i--) {
      long from = any(rows);
      if (isLive(from) && touched.add(from)) {
        ItemHead to = head(position(random.nextInt(3) > 0));
        moves.add(new Move(from, to.position(), to.placedAt(), to.dueAt(), 1, null));
      }
    }
    TreeSet<Long> removed = new TreeSet<>();
    for (int i = random.nextInt(4); i > 0 && !rows.isEmpty(); i--) {
      long row = any(rows);
      if (touched.add(row)) {
        removed.add(row);
      }
    }
    List<StoredLease> added = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      lease(touched).ifPresent(added::add);
    }
    List<Long> ended = new ArrayList<>();
    if (random.nextInt(4) == 0 && !leases.isEmpty()) {
      ended.add(any(new TreeSet<>(leases.keySet())));
    }
    List<KeyEntry> newKeys = new ArrayList<>();
    List<KeyHash> removedKeys = new ArrayList<>();
    if (random.nextInt(3) == 0) {
      newKeys.add(key());
    }
    if (random.nextInt(4) == 0 && !kept.isEmpty()) {
      removedKeys.add(kept.remove(random.nextInt(kept.size())));
    }
    newKeys.stream()
        .filter(key -> key.minute() == KeyEntry.KEPT)
        .forEach(key -> kept.add(key.hash()));
    LowWater raised = raised(touched);
    commit(
        new Batch(
            opened,
            new TurnToken(random.nextLong()),
            items,
            moves,
            removed.stream().mapToLong(Long::longValue).toArray(),
            added,
            ended.stream().mapToLong(Long::longValue).toArray(),
            newKeys,
            removedKeys,
            raised));
    items.forEach(item -> rows.add(item.position()));
    moves.forEach(move -> rows.add(move.to()));
    rows.removeAll(touched);
    added.forEach(lease -> {
      leases.put(lease.id(), lease);
      Arrays.stream(lease.positions()).forEach(leased::add);
    });
    ended.forEach(
        id -> Arrays.stream(requireNonNull(leases.remove(id)).positions()).forEach(leased::remove));
    if (raised != null) {
      mark = raised;
    }
  }

  private void commit(Batch batch) {
    CommitResult result = store.commit(List.of(batch)).getFirst();
    assertThat(result).isInstanceOf(CommitResult.Committed.class);
    opened = opened.at(((CommitResult.Committed) result).epoch());
    if (batch.lowWater() != null) {
      opened = opened.marked(batch.lowWater());
    }
    CommitListener listening = listener;
    if (listening != null) {
      listening.committed(batch);
    }
  }

  private long position(boolean ready) {
    Epoch epoch = opened.epoch();
    count++;
    return ready ? Position.ready(epoch, count) : Position.notReady(epoch, count);
  }

  private long any(TreeSet<Long> of) {
    return of.stream().skip(random.nextInt(of.size())).findFirst().orElseThrow();
  }

  /// Whether a row is no garbage below the mark.
  boolean isLive(long row) {
    return !Position.isReady(row) || row >= mark.ready() || leased.contains(row);
  }

  private StoredItem item(long position) {
    byte[] payload = ("item " + position).getBytes(StandardCharsets.UTF_8);
    return new StoredItem(head(position), new ItemContent("kind", "", "", payload));
  }

  private ItemHead head(long position) {
    long now = 1_900_000_000_000_000L + count;
    long due = Position.isReady(position) ? ItemHead.READY : now + random.nextInt(1_000_000);
    return new ItemHead(position, now, now, now + 1_000_000_000L, due, 0, 3, "");
  }

  private Optional<StoredLease> lease(Set<Long> touched) {
    long[] positions =
        rows.stream()
            .filter(row -> Position.isReady(row) && !touched.contains(row))
            .filter(row -> row >= mark.ready() && !leased.contains(row))
            .limit(1 + random.nextInt(3))
            .mapToLong(Long::longValue)
            .toArray();
    if (positions.length == 0) {
      return Optional.empty();
    }
    int[] attempts = new int[positions.length];
    Arrays.fill(attempts, 1);
    positions = Arrays.stream(positions).sorted().toArray();
    return Optional.of(
        new StoredLease(position(true), "client", 1_900_000_100_000_000L, positions, attempts));
  }

  private KeyEntry key() {
    keys++;
    if (random.nextBoolean()) {
      KeyHash hash = KeyHash.of('i', "kept " + keys);
      return new KeyEntry(hash, KeyEntry.KEPT, KeyHash.of('r', "request"), position(true), 1);
    }
    // a hash comes again some minutes later, as one that was forgotten does
    KeyHash hash = KeyHash.of('i', "key " + keys % 40);
    int minute = MINUTE + keys / 10;
    return new KeyEntry(hash, minute, KeyHash.of('r', "request"), position(true), 1);
  }

  /// Sometimes above rows that still lie there, as a clear does.
  private @Nullable LowWater raised(Set<Long> touched) {
    if (random.nextInt(10) > 0 || rows.isEmpty()) {
      return null;
    }
    long ready =
        rows.stream()
            .filter(row -> Position.isReady(row) && !touched.contains(row))
            .skip(random.nextInt(3))
            .findFirst()
            .orElse(mark.ready());
    return new LowWater(Math.max(ready, mark.ready()), mark.notReady());
  }
}

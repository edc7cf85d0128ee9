package io.querator.storage;

import static io.querator.storage.Samples.NOW;
import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static io.querator.storage.Samples.scheduled;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.memory.MemoryPartitionStore;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What every [PartitionStore] must do when a partition is filled from another one, whose rows keep
/// their positions.
///
/// The other one lies in a [MemoryPartitionStore], so that every kind of store is compared with the
/// same one.
abstract class PartitionFillingContract {
  private static final PageLimit ALL = new PageLimit(100_000, Long.MAX_VALUE);
  private static final PositionRange EVERYTHING = new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE);

  private final Random random = new SecureRandom();
  private final PartitionStore source = new MemoryPartitionStore(InstantSource.system());
  private long version;

  /// The store under test.
  abstract PartitionStore store();

  /// Another one on the same data.
  abstract PartitionStore another();

  /// How many items or keys a big page has, 2,000 or more.
  abstract int bigPage();

  private PartitionKey created(PartitionStore in) {
    PartitionKey key = PartitionKey.random(random);
    in.create(key);
    return key;
  }

  private Opened opened(PartitionStore in, PartitionKey key, Epoch seen) {
    return (Opened) in.open(Map.of(key, seen), claim(++version)).getFirst();
  }

  private static void commit(PartitionStore in, BatchBuilder batch) {
    assertThat(in.commit(List.of(batch.build())).getFirst()).isInstanceOf(Committed.class);
  }

  private static KeyEntry key(String text, int minute, Opened by) {
    return new KeyEntry(
        KeyHash.of('k', text), minute, KeyHash.of('r', text), Position.ready(by.epoch(), 3), 2);
  }

  /// A partition with a history: items of epochs 1, 2 and 9, ready and not, of which some were
  /// moved and removed; leases of two epochs; keys of three minutes and kept ones; a mark.
  private Opened withHistory() {
    PartitionKey key = created(source);
    Opened one = opened(source, key, Epoch.NONE);
    commit(
        source,
        batch(one)
            .items(
                scheduled(one, 5, NOW + 50),
                scheduled(one, 6, NOW + 20),
                scheduled(one, 7, ItemHead.NEVER),
                item(one, 1),
                item(one, 2),
                item(one, 3),
                item(one, 4))
            .leases(
                new StoredLease(
                    Position.ready(one.epoch(), 8),
                    "a",
                    NOW,
                    positions(one, 2, 3),
                    new int[] {4, 1}))
            .keys(
                key("one", 100, one),
                key("kept", KeyEntry.KEPT, one),
                key("kept too", KeyEntry.KEPT, one)));
    Opened two = opened(source, key, Epoch.NONE);
    commit(
        source,
        batch(two)
            .items(scheduled(two, 2, NOW + 20), item(two, 1))
            .moves(
                new Move(
                    Position.ready(one.epoch(), 4),
                    Position.notReady(two.epoch(), 3),
                    NOW + 9,
                    NOW + 30,
                    7,
                    "source"))
            .removed(Position.ready(one.epoch(), 1))
            .keys(key("two", 100, two), key("three", 101, two)));
    Opened nine = opened(source, key, new Epoch(8));
    LowWater mark = new LowWater(Position.ready(one.epoch(), 2), Position.notReady(one.epoch(), 5));
    commit(
        source,
        batch(nine)
            .items(item(nine, 1), item(nine, 3))
            .leases(lease(nine, 2, Position.ready(two.epoch(), 1), Position.ready(nine.epoch(), 1)))
            .keys(key("four", 102, nine))
            .lowWater(mark));
    return nine.marked(mark);
  }

  /// Opens a fresh partition of the store, to be filled from `from`.
  private Opened begun(Opened from) {
    return opened(store(), created(store()), from.epoch());
  }

  /// A copy of `from`, a partition of `in`, in pages.
  private Opened filled(PartitionStore in, Opened from, int page) {
    Opened to = begun(from);
    copyItems(in, from, to, PositionRange.READY, page);
    copyItems(in, from, to, PositionRange.NOT_READY, page);
    commit(store(), batch(to).leases(in.leases(from).toArray(StoredLease[]::new)));
    for (List<KeyEntry> keys : KeyPagesContract.pages(in, from, page)) {
      commit(store(), batch(to).keys(keys.toArray(KeyEntry[]::new)));
    }
    commit(store(), batch(to).lowWater(from.lowWater()));
    return to;
  }

  private Opened filled(Opened from) {
    return filled(source, from, 2);
  }

  private void copyItems(PartitionStore in, Opened from, Opened to, PositionRange range, int page) {
    PositionRange rest = range;
    List<StoredItem> items = in.items(from, rest, new PageLimit(page, 8 << 20));
    while (!items.isEmpty()) {
      commit(store(), batch(to).items(items));
      rest = new PositionRange(items.getLast().position() + 1, range.to());
      items = in.items(from, rest, new PageLimit(page, 8 << 20));
    }
  }

  private static List<KeyEntry> keys(PartitionStore in, Opened from) {
    return in.keysAfter(from, null, PartitionStore.KEYS_MAX);
  }

  /// That `to`, read by `in`, holds what `from` does in the source.
  private void assertSame(PartitionStore in, Opened to, Opened from) {
    List<StoredItem> items = source.items(from, EVERYTHING, ALL);
    List<StoredItem> some = items.subList(0, Math.min(items.size(), 10_000));
    long[] places = positions(some);
    assertThat(told(in.items(to, EVERYTHING, ALL))).isEqualTo(told(items));
    assertThat(told(in.items(to, places))).isEqualTo(told(some));
    assertThat(in.heads(to, places)).isEqualTo(source.heads(from, places));
    for (PositionRange range : List.of(PositionRange.READY, PositionRange.NOT_READY)) {
      assertThat(in.heads(to, range, 3)).isEqualTo(source.heads(from, range, 3));
      assertThat(count(in, to, range)).isEqualTo(count(source, from, range));
    }
    for (long until : new long[] {NOW + 20, NOW + 49, Long.MAX_VALUE - 1, ItemHead.NEVER}) {
      assertThat(in.due(to, Due.FIRST, until, 3)).isEqualTo(source.due(from, Due.FIRST, until, 3));
    }
    assertThat(in.leases(to)).usingRecursiveComparison().isEqualTo(source.leases(from));
    List<KeyEntry> keys = keys(source, from);
    assertThat(keys(in, to)).isEqualTo(keys);
    int page = Math.max(2, keys.size() / 4);
    assertThat(KeyPagesContract.pages(in, to, page))
        .isEqualTo(KeyPagesContract.pages(source, from, page));
    Set<KeyHash> hashes = keys.stream().map(KeyEntry::hash).collect(Collectors.toSet());
    assertThat(in.keys(to, hashes, 101)).isEqualTo(source.keys(from, hashes, 101));
  }

  /// Items as texts that tell everything, but for large payloads, of which they tell a hash.
  private static List<String> told(List<StoredItem> items) {
    return items.stream()
        .map(item -> {
          ItemContent content = item.content();
          return "%s %s %s %s %d %s"
              .formatted(
                  item.head(),
                  content.kind(),
                  content.reference(),
                  content.encoding(),
                  Arrays.hashCode(content.payload()),
                  Arrays.toString(content.extra()));
        })
        .toList();
  }

  private static Counting.Counts count(PartitionStore in, Opened of, PositionRange range) {
    try (Counting counting = in.count(of, range, Micros.instant(NOW - 1_000_000))) {
      return counting.await();
    }
  }

  @Test
  void opensAPartitionThatIsToBeFilledAboveItsRows() {
    Opened from = withHistory();

    Opened to = begun(from);

    assertThat(to.epoch()).isEqualTo(new Epoch(10));
    assertThat(to.lowWater()).isEqualTo(LowWater.NONE);
    assertThat(store().items(to, EVERYTHING, ALL)).isEmpty();
    assertThat(store().leases(to)).isEmpty();
  }

  @Test
  void holdsWhatTheOtherOneDoes() {
    Opened from = withHistory();

    Opened to = filled(from);

    assertSame(store(), to, from);
    assertSame(another(), to, from);
  }

  @Test
  void holdsTheSameAfterTakeOversByOthers() {
    Opened from = withHistory();
    Opened to = filled(from);

    Opened byAnother = opened(another(), to.key(), to.epoch());
    assertThat(byAnother.epoch()).isGreaterThan(to.epoch());
    assertThat(byAnother.historyLost()).isFalse();
    assertThat(byAnother.lowWater()).isEqualTo(from.lowWater());
    assertSame(another(), byAnother, from);
    store().pruneKeys(byAnother, 0);
    another().pruneKeys(byAnother, 0);

    Opened reopened = (Opened) another().reopen(byAnother);
    assertSame(another(), reopened, from);
    Opened back = opened(store(), to.key(), reopened.epoch());
    assertSame(store(), back, from);
    assertThat(store().commit(List.of(batch(to).lowWater(LowWater.NONE).build())).getFirst())
        .isEqualTo(new CommitResult.Fenced(false));
  }

  @Test
  void goesOnLikeAnyOtherUnderTheOpeningThatFilledIt() {
    Opened from = withHistory();

    goesOn(store(), filled(from), from);
  }

  @Test
  void goesOnLikeAnyOtherAfterATakeOver() {
    Opened from = withHistory();
    Opened to = filled(from);

    goesOn(another(), opened(another(), to.key(), to.epoch()), from);
  }

  /// Removes, moves and ends what was filled in, beside rows of its own.
  private void goesOn(PartitionStore in, Opened to, Opened from) {
    long[] ready = positions(source.items(from, PositionRange.READY, ALL));
    long[] notReady = positions(source.items(from, PositionRange.NOT_READY, ALL));
    commit(
        in,
        batch(to)
            .items(item(to, 1))
            .moves(
                new Move(ready[1], Position.notReady(to.epoch(), 2), NOW + 70, NOW + 35, 5, null),
                new Move(
                    notReady[1], Position.ready(to.epoch(), 3), NOW + 70, ItemHead.READY, 3, null))
            .leases(lease(to, 4, Position.ready(to.epoch(), 1)))
            .endedLeases(Position.ready(new Epoch(1), 8))
            .keys(key("five", 102, to))
            .removedKeys(KeyHash.of('k', "kept")));
    commit(in, batch(to).removed(notReady[0], ready[0]));

    Opened next = opened(store(), to.key(), to.epoch());

    long[] expectedReady =
        LongStream.concat(
                Arrays.stream(ready).skip(2),
                LongStream.of(Position.ready(to.epoch(), 1), Position.ready(to.epoch(), 3)))
            .toArray();
    assertThat(positions(store().items(next, PositionRange.READY, ALL))).isEqualTo(expectedReady);
    assertThat(store().heads(next, PositionRange.NOT_READY, 99))
        .extracting(ItemHead::position)
        .containsExactlyElementsOf(
            LongStream.concat(
                    Arrays.stream(notReady).skip(2),
                    LongStream.of(Position.notReady(to.epoch(), 2)))
                .boxed()
                .toList());
    assertThat(store().due(next, Due.FIRST, NOW + 49, 99))
        .extracting(ItemHead::position)
        .containsExactly(
            Position.notReady(new Epoch(2), 2),
            Position.notReady(new Epoch(2), 3),
            Position.notReady(to.epoch(), 2));
    assertThat(store().leases(next))
        .extracting(StoredLease::id)
        .containsExactly(Position.ready(new Epoch(9), 2), Position.ready(to.epoch(), 4));
    assertThat(keys(store(), next))
        .extracting(KeyEntry::hash)
        .contains(KeyHash.of('k', "five"), KeyHash.of('k', "kept too"))
        .doesNotContain(KeyHash.of('k', "kept"))
        .hasSize(6);
    assertThat(count(store(), next, PositionRange.READY).items()).isEqualTo(expectedReady.length);
  }

  @Test
  void followsWhatHappensToTheOtherOneMeanwhile() {
    Opened from = withHistory();
    Opened to = filled(from);
    List<BatchBuilder> changes =
        Stream.of(from, to)
            .map(each ->
                batch(each)
                    .items(item(from, 20))
                    .moves(
                        new Move(
                            Position.ready(new Epoch(1), 2),
                            Position.ready(from.epoch(), 21),
                            NOW + 5,
                            ItemHead.READY,
                            9,
                            null))
                    .removed(Position.ready(new Epoch(2), 1))
                    .leases(lease(from, 22, Position.ready(from.epoch(), 20)))
                    .endedLeases(Position.ready(new Epoch(9), 2))
                    .keys(key("late", 103, from))
                    .removedKeys(KeyHash.of('k', "kept")))
            .toList();

    commit(source, changes.getFirst());
    commit(store(), changes.getLast());

    assertSame(store(), to, from);
    assertSame(another(), opened(another(), to.key(), to.epoch()), from);
  }

  @Test
  void isFilledInAnyOrder() {
    Opened from = withHistory();
    Opened to = begun(from);
    List<StoredItem> items = new ArrayList<>(source.items(from, EVERYTHING, ALL));
    Collections.reverse(items);

    commit(store(), batch(to).keys(keys(source, from).toArray(KeyEntry[]::new)));
    commit(
        store(),
        batch(to)
            .leases(source.leases(from).toArray(StoredLease[]::new))
            .lowWater(from.lowWater()));
    items.forEach(item -> commit(store(), batch(to).items(item)));

    assertSame(store(), to, from);
    assertSame(another(), opened(another(), to.key(), to.epoch()), from);
  }

  @Test
  void isFilledFromOneThatWasFilledItself() {
    Opened from = withHistory();
    Opened first = filled(from).marked(from.lowWater());
    commit(store(), batch(first).items(item(first, 1)).removed(Position.ready(new Epoch(2), 1)));

    Opened second = filled(store(), first, 3);

    assertThat(second.epoch()).isGreaterThan(first.epoch());
    Opened taken = opened(another(), second.key(), second.epoch());
    assertThat(told(another().items(taken, EVERYTHING, ALL)))
        .isEqualTo(told(store().items(first, EVERYTHING, ALL)))
        .hasSize(10);
    assertThat(another().leases(taken)).usingRecursiveComparison().isEqualTo(store().leases(first));
    assertThat(keys(another(), taken)).isEqualTo(keys(store(), first));
  }

  @Test
  void isFilledInBigPages() {
    Opened from = opened(source, created(source), new Epoch(4));
    List<StoredItem> items = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      items.add(scheduled(from, i, NOW + i % 50));
    }
    int many = bigPage() + 1_000;
    for (int i = 0; i < many; i++) {
      items.add(item(from, i));
    }
    byte[] large = new byte[9 << 20];
    random.nextBytes(large);
    items.add(item(from, many, large));
    KeyEntry[] keys = new KeyEntry[bigPage() + 2_000];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key("key " + i, i % 3 == 0 ? KeyEntry.KEPT : 100 + i % 3, from);
    }
    commit(source, batch(from).items(items).keys(keys));

    Opened to = filled(source, from, bigPage());

    Opened next = opened(another(), to.key(), to.epoch());
    assertSame(another(), next, from);
    assertThat(KeyPagesContract.pages(another(), next, bigPage()))
        .isEqualTo(KeyPagesContract.pages(source, from, bigPage()))
        .hasSize(2);
    commit(another(), batch(next).removed(positions(source.items(from, PositionRange.READY, ALL))));
    assertThat(another().items(next, PositionRange.READY, ALL)).isEmpty();
    assertThat(count(another(), next, EVERYTHING).items()).isEqualTo(1_000);
  }
}

package io.querator.storage;

import static io.querator.storage.Samples.NOW;
import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static io.querator.storage.Samples.scheduled;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.OpenResult.Missing;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.OpenResult.Stale;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TimeZone;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// What every [PartitionStore] must do. Each test uses partitions of its own, so that a database
/// may be shared.
public abstract class PartitionStoreContract {
  private static final PageLimit ALL = new PageLimit(100_000, Long.MAX_VALUE);
  private static final Instant BASE = Micros.instant(NOW);

  /// Held by the one test that changes it: subclasses may run side by side, and see the change.
  private static final Lock TIME_ZONE = new ReentrantLock();

  private final RandomGenerator random = new java.security.SecureRandom();

  /// The store under test, the same during a test. Closed by the subclass.
  protected abstract PartitionStore store();

  /// Another store on the same data, as if the process had been started again, or another node did
  /// it. Closed by the subclass.
  protected abstract PartitionStore another();

  /// How many items or keys a big page has when a partition is filled.
  protected int bigPage() {
    return 10_000;
  }

  /// Whether the store tells with a commit how many of the removed rows were there.
  protected boolean tellsRemovedRows() {
    return true;
  }

  /// Whether the store tells of many partitions which are empty.
  protected boolean findsEmptyPartitions() {
    return true;
  }

  private CommitResult committed(Epoch epoch, long removedFound) {
    return new Committed(
        epoch, tellsRemovedRows() ? OptionalLong.of(removedFound) : OptionalLong.empty());
  }

  private PartitionKey created() {
    PartitionKey key = PartitionKey.random(random);
    store().create(key);
    return key;
  }

  private OpenResult open(PartitionStore store, PartitionKey key, Claim claim) {
    return store.open(Map.of(key, Epoch.NONE), claim).getFirst();
  }

  private Opened opened(PartitionKey key, long version) {
    return (Opened) open(store(), key, claim(version));
  }

  private Opened opened() {
    return opened(created(), 1);
  }

  private CommitResult commit(Batch batch) {
    return store().commit(List.of(batch)).getFirst();
  }

  private void committed(BatchBuilder batch) {
    assertThat(commit(batch.build())).isInstanceOf(Committed.class);
  }

  private List<StoredItem> all(Opened opened) {
    return store().items(opened, new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE), ALL);
  }

  private static List<StoredItem> items(Opened opened, int count) {
    List<StoredItem> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      items.add(item(opened, i));
    }
    return items;
  }

  private static long micros(String instant) {
    return Micros.of(Instant.parse(instant));
  }

  /// An array as a whole: else each of its elements is an object that is compared.
  private static final RecursiveComparisonConfiguration SAME =
      RecursiveComparisonConfiguration.builder()
          .withEqualsForType(Arrays::equals, byte[].class)
          .withEqualsForType(Arrays::equals, int[].class)
          .withEqualsForType(Arrays::equals, long[].class)
          .build();

  private static void assertSame(List<StoredItem> found, List<StoredItem> expected) {
    assertThat(found)
        .usingRecursiveFieldByFieldElementComparator(SAME)
        .containsExactlyElementsOf(expected);
  }

  // Opening

  @Test
  void opensANewPartitionEmptyUnderItsFirstEpoch() {
    PartitionKey key = created();

    Opened opened = opened(key, 1);

    assertThat(opened.key()).isEqualTo(key);
    assertThat(opened.claim()).isEqualTo(claim(1));
    assertThat(opened.epoch()).isEqualTo(new Epoch(1));
    assertThat(opened.lowWater()).isEqualTo(LowWater.NONE);
    assertThat(opened.historyLost()).isFalse();
    assertThat(all(opened)).isEmpty();
    assertThat(store().leases(opened)).isEmpty();
  }

  @Test
  void raisesTheEpochWithEveryNewerClaim() {
    PartitionKey key = created();

    Epoch first = opened(key, 1).epoch();
    Epoch second = opened(key, 2).epoch();
    Epoch third =
        ((Opened) open(another(), key, new Claim("node-2", UUID.randomUUID(), 2, 0))).epoch();

    assertThat(List.of(first.value(), second.value(), third.value())).containsExactly(1L, 2L, 3L);
  }

  @Test
  void refusesAClaimThatIsNotNewer() {
    PartitionKey key = created();
    Opened opened = opened(key, 5);

    assertThat(open(store(), key, claim(5))).isEqualTo(new Stale(key));
    assertThat(open(store(), key, claim(4))).isEqualTo(new Stale(key));
    assertThat(open(store(), key, new Claim("node-2", UUID.randomUUID(), 0, 9)))
        .isEqualTo(new Stale(key));

    assertThat(store().superseded(Map.of(key, opened.epoch()))).isEmpty();
  }

  @Test
  void sameVersionOfAnotherProcessIsStale() {
    PartitionKey key = created();
    opened(key, 5);

    OpenResult other = open(store(), key, new Claim("node-1", UUID.randomUUID(), 1, 5));

    assertThat(other).isEqualTo(new Stale(key));
  }

  @Test
  void doesNotOpenWhatWasNeverCreated() {
    PartitionKey key = PartitionKey.random(random);

    assertThat(open(store(), key, claim(1))).isEqualTo(new Missing(key));
  }

  @Test
  void opensManyPartitionsAtOnceEachForItself() {
    Map<PartitionKey, Epoch> keys = new HashMap<>();
    for (int i = 0; i < 30; i++) {
      keys.put(created(), Epoch.NONE);
    }
    PartitionKey held = created();
    opened(held, 9);
    PartitionKey missing = PartitionKey.random(random);
    keys.put(held, Epoch.NONE);
    keys.put(missing, Epoch.NONE);

    List<OpenResult> results = store().open(keys, claim(3));

    assertThat(results).hasSize(32).contains(new Stale(held), new Missing(missing));
    assertThat(results).filteredOn(Opened.class::isInstance).hasSize(30);
    assertThat(results.stream().map(OpenResult::key))
        .containsExactlyInAnyOrderElementsOf(keys.keySet());
  }

  @Test
  void findsTheEmptyAmongManyPartitions() {
    Set<PartitionKey> empty = new HashSet<>();
    // more than a store asks about at once; where it does not ask, a few show that
    int untouched = findsEmptyPartitions() ? 150 : 10;
    for (int i = 0; i < untouched; i++) {
      empty.add(created());
    }
    empty.add(holding(opened -> batch(opened).keys(key("kept", 5))));
    empty.add(holding(opened -> batch(opened).lowWater(from(opened, 5))));
    empty.add(holding(opened -> batch(opened).items(item(opened, 4)).lowWater(from(opened, 5))));
    Set<PartitionKey> others =
        Set.of(
            holding(opened -> batch(opened).items(item(opened, 1))),
            holding(opened -> batch(opened).items(scheduled(opened, 1, NOW))),
            holding(opened -> batch(opened).leases(lease(opened, 1, 7))),
            holding(opened -> batch(opened).items(item(opened, 5)).lowWater(from(opened, 5))),
            holding(opened ->
                batch(opened)
                    .items(scheduled(opened, 6, ItemHead.NEVER))
                    .lowWater(from(opened, 5))));
    Map<PartitionKey, Epoch> keys = new HashMap<>();
    empty.forEach(key -> keys.put(key, Epoch.NONE));
    others.forEach(key -> keys.put(key, Epoch.NONE));

    List<OpenResult> results = store().open(keys, claim(3));

    assertThat(results).hasSameSizeAs(keys.keySet()).allMatch(Opened.class::isInstance);
    assertThat(results)
        .filteredOn(result -> ((Opened) result).empty())
        .extracting(OpenResult::key)
        .containsExactlyInAnyOrderElementsOf(findsEmptyPartitions() ? empty : Set.of());
  }

  /// A partition that holds what a batch has written.
  private PartitionKey holding(Function<Opened, BatchBuilder> batch) {
    Opened opened = opened();
    committed(batch.apply(opened));
    return opened.key();
  }

  /// Where ready rows begin at `number`.
  private static LowWater from(Opened opened, int number) {
    return new LowWater(Position.ready(opened.epoch(), number), Long.MIN_VALUE);
  }

  @Test
  void opensAboveTheHighestEpochSeenAndSaysThatHistoryIsLost() {
    PartitionKey key = created();
    opened(key, 1);

    Opened opened = (Opened) store().open(Map.of(key, new Epoch(70)), claim(2)).getFirst();
    Opened next = (Opened) store().open(Map.of(key, new Epoch(71)), claim(3)).getFirst();

    assertThat(opened.epoch()).isEqualTo(new Epoch(71));
    assertThat(opened.historyLost()).isTrue();
    assertThat(next.epoch()).isEqualTo(new Epoch(72));
    assertThat(next.historyLost()).isFalse();
  }

  @Test
  void tellsTheClockOfTheDatabase() {
    Opened opened = opened();

    Duration passed = Duration.between(opened.databaseTime(), store().databaseTime());

    assertThat(passed).isBetween(Duration.ZERO, Duration.ofMinutes(1));
  }

  @Test
  void reopensUnderTheSameClaim() {
    Opened opened = opened();

    OpenResult again = store().reopen(opened);
    OpenResult afterALostAnswer = store().reopen(opened);

    assertThat(again)
        .isInstanceOf(Opened.class)
        .usingRecursiveComparison()
        .ignoringFields("databaseTime", "empty")
        .isEqualTo(opened.at(new Epoch(2)));
    assertThat(((Opened) afterALostAnswer).epoch()).isEqualTo(new Epoch(3));
    assertThat(((Opened) afterALostAnswer).historyLost()).isFalse();
  }

  @Test
  void doesNotReopenWhatAnotherClaimHolds() {
    PartitionKey key = created();
    Opened old = opened(key, 1);
    opened(key, 2);
    PartitionKey dropped = created();
    Opened gone = opened(dropped, 1);
    store().drop(dropped);

    assertThat(store().reopen(old)).isEqualTo(new Stale(key));
    assertThat(store().reopen(gone)).isEqualTo(new Missing(dropped));
  }

  @Test
  void knowsTheHighestGeneration() {
    long before = store().highestGeneration();

    open(store(), created(), new Claim("node-1", UUID.randomUUID(), before + 7, 0));

    assertThat(another().highestGeneration()).isGreaterThanOrEqualTo(before + 7);
  }

  // Creating and dropping

  @Test
  void creatingTwiceChangesNothing() {
    PartitionKey key = created();
    Opened opened = opened(key, 1);
    committed(batch(opened).items(item(opened, 1)));

    store().create(key);

    assertThat(all(opened)).hasSize(1);
    assertThat(store().superseded(Map.of(key, opened.epoch()))).isEmpty();
  }

  @Test
  void findsPartitionsByTheirAge() {
    PartitionKey old = created();
    Instant middle = store().databaseTime().plus(Duration.ofNanos(1_000));
    PartitionKey dropped = created();
    store().drop(dropped);

    assertThat(store().created(middle)).contains(old).doesNotContain(dropped);
    assertThat(store().created(Instant.parse("2001-01-01T00:00:00Z"))).doesNotContain(old);
    assertThat(store().created(middle.plus(Duration.ofDays(1))))
        .contains(old)
        .doesNotContain(dropped);
  }

  @Test
  void droppingRemovesAllDataAndFencesTheHolder() {
    PartitionKey key = created();
    Opened opened = opened(key, 1);
    KeyEntry entry = key("k", 100);
    committed(
        batch(opened)
            .items(item(opened, 1))
            .leases(lease(opened, 2, Position.ready(opened.epoch(), 1)))
            .keys(entry)
            .lowWater(new LowWater(1, -9)));

    store().drop(key);
    store().drop(key);

    assertThat(commit(batch(opened).items(item(opened, 2)).build())).isEqualTo(new Fenced(false));
    assertThat(store().superseded(Map.of(key, opened.epoch()))).containsExactly(key);
    assertThatThrownBy(() -> all(opened)).isInstanceOf(StorageException.Fenced.class);
    assertThat(open(store(), key, claim(2))).isEqualTo(new Missing(key));
  }

  // Items

  @Test
  void keepsEveryFieldOfAnItem() {
    Opened opened = opened();
    StoredItem full =
        new StoredItem(
            new ItemHead(
                Position.ready(opened.epoch(), 1),
                NOW,
                NOW - 1,
                NOW + 1,
                ItemHead.READY,
                7,
                65_536,
                "2bXxAZHyVwPJZ9TnZTVxtMEWe6M"),
            new ItemContent("kind", "reference", "encoding", bytes(), new byte[] {0, 1, -1}));
    StoredItem empty =
        new StoredItem(
            new ItemHead(Position.ready(opened.epoch(), 2), 0, 0, 0, ItemHead.READY, 0, 0, ""),
            new ItemContent("", "", "", new byte[0], new byte[0]));
    StoredItem scheduled = scheduled(opened, 3, NOW + 123_457);
    StoredItem never = scheduled(opened, 4, ItemHead.NEVER);

    committed(batch(opened).items(scheduled, never, full, empty));

    assertSame(all(opened), List.of(scheduled, never, full, empty));
    assertSame(another().items(opened, PositionRange.READY, ALL), List.of(full, empty));
    assertSame(store().items(opened, PositionRange.NOT_READY, ALL), List.of(scheduled, never));
  }

  private static byte[] bytes() {
    byte[] bytes = new byte[256];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  @Test
  void keepsTextAsItIs() {
    Opened opened = opened();
    List<String> texts =
        List.of(
            "a",
            " leading and trailing ",
            "línea\nnueva\r\n\t",
            "'; DROP TABLE fence; --",
            "\"double\" \\back\\slash \\x41 \\N NULL",
            "{a,\"b\",NULL}",
            "ß é Ж 中文 हिन्दी",
            "😀👩‍👩‍👧‍👦🏳️‍🌈",
            "e\u0301 is not \u00e9",
            "\u0001\u001f\u007f\u0085\u00a0\u2028\ufeff\uffff",
            "%s $1 ? :name ${x}",
            "x".repeat(2_000));
    List<StoredItem> items = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      ItemHead head = item(opened, i).head();
      items.add(
          new StoredItem(
              new ItemHead(head.position(), NOW, NOW, NOW, ItemHead.READY, 0, 0, text),
              new ItemContent(
                  text, text, text, text.getBytes(java.nio.charset.StandardCharsets.UTF_8))));
    }

    committed(batch(opened).items(items));

    assertSame(all(opened), items);
  }

  @Test
  void keepsTimesToTheMicrosecondInEveryTimeZone() {
    Opened opened = opened();
    List<StoredItem> items = new ArrayList<>();
    for (long time :
        new long[] {
          0,
          1,
          999_999,
          micros("1999-12-31T23:59:59.999999Z"),
          micros("2026-03-29T01:00:00Z"),
          micros("2026-10-25T00:59:59.000001Z"),
          micros("2038-01-19T03:14:08.123456Z"),
          micros("2300-02-28T12:00:00.000001Z"),
          micros("9999-12-31T23:59:59.999999Z")
        }) {
      items.add(
          new StoredItem(
              new ItemHead(
                  Position.notReady(opened.epoch(), items.size()),
                  time,
                  time,
                  time,
                  time,
                  0,
                  0,
                  ""),
              new ItemContent("", "", "", new byte[0])));
    }
    TIME_ZONE.lock();
    TimeZone before = TimeZone.getDefault();
    try {
      TimeZone.setDefault(TimeZone.getTimeZone("Australia/Lord_Howe"));
      committed(batch(opened).items(items));
      assertSame(all(opened), items);

      TimeZone.setDefault(TimeZone.getTimeZone("America/St_Johns"));
      assertSame(another().items(opened, PositionRange.NOT_READY, ALL), items);
      assertThat(another().due(opened, Due.FIRST, Long.MAX_VALUE, 99))
          .extracting(ItemHead::dueAt)
          .containsExactlyElementsOf(items.stream().map(i -> i.head().dueAt()).toList());
    } finally {
      TimeZone.setDefault(before);
      TIME_ZONE.unlock();
    }
  }

  @Test
  void readsARangeInTheOrderOfPositions() {
    PartitionKey key = created();
    Opened first = opened(key, 1);
    committed(batch(first).items(items(first, 5)));
    Opened second = opened(key, 2);
    committed(batch(second).items(item(second, 0), item(second, 1)));
    long[] expected =
        new long[] {
          Position.ready(first.epoch(), 2),
          Position.ready(first.epoch(), 3),
          Position.ready(first.epoch(), 4),
          Position.ready(second.epoch(), 0)
        };

    PositionRange range = new PositionRange(expected[0], expected[3]);

    assertThat(positions(store().items(second, range, ALL))).containsExactly(expected);
    assertThat(store().heads(second, range, 99))
        .extracting(ItemHead::position)
        .containsExactly(Arrays.stream(expected).boxed().toArray(Long[]::new));
    assertThat(store().heads(second, range, 2)).hasSize(2);
    assertThat(store().items(second, new PositionRange(5, 4), ALL)).isEmpty();
    assertThat(store().heads(second, new PositionRange(5, 4), 9)).isEmpty();
  }

  @Test
  void endsAPageByItemsOrBytes() {
    Opened opened = opened();
    List<StoredItem> items = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      items.add(item(opened, i, new byte[10_000]));
    }
    committed(batch(opened).items(items));

    assertThat(page(opened, 3, Long.MAX_VALUE)).isEqualTo(3);
    assertThat(page(opened, 99, 1)).isEqualTo(1);
    assertThat(page(opened, 99, 10_000)).isEqualTo(1);
    assertThat(page(opened, 99, 25_000)).isEqualTo(3);
    assertThat(page(opened, 99, Long.MAX_VALUE)).isEqualTo(10);
  }

  private int page(Opened opened, int items, long bytes) {
    return store().items(opened, PositionRange.READY, new PageLimit(items, bytes)).size();
  }

  @Test
  void readsThoseOfManyPositionsThatExist() {
    Opened opened = opened();
    List<StoredItem> items = items(opened, 10);
    committed(batch(opened).items(items));
    committed(batch(opened).removed(positions(opened, 3, 6)));
    long[] asked = positions(opened, 2, 5_001);

    assertSame(
        store().items(opened, asked),
        List.of(items.get(2), items.get(7), items.get(8), items.get(9)));
    assertThat(store().heads(opened, asked))
        .containsExactly(
            items.get(2).head(), items.get(7).head(), items.get(8).head(), items.get(9).head());
    assertThat(store().items(opened, new long[0])).isEmpty();
  }

  @Test
  void readsDueItemsInTheOrderOfTheirTimes() {
    Opened opened = opened();
    committed(
        batch(opened)
            .items(
                scheduled(opened, 1, NOW + 30),
                scheduled(opened, 2, NOW + 10),
                scheduled(opened, 3, ItemHead.NEVER),
                scheduled(opened, 4, NOW + 10),
                scheduled(opened, 5, NOW + 20),
                scheduled(opened, 6, ItemHead.NEVER),
                item(opened, 7)));

    assertThat(due(opened, Due.FIRST, NOW + 20, 99)).containsExactly(2L, 4L, 5L);
    assertThat(due(opened, Due.FIRST, NOW + 9, 99)).isEmpty();
    assertThat(due(opened, Due.FIRST, Long.MAX_VALUE - 1, 99)).containsExactly(2L, 4L, 5L, 1L);
    assertThat(due(opened, Due.FIRST, ItemHead.NEVER, 99)).containsExactly(2L, 4L, 5L, 1L, 3L, 6L);
    assertThat(due(opened, Due.FIRST, NOW + 20, 2)).containsExactly(2L, 4L);
    Due second = new Due(NOW + 10, Position.notReady(opened.epoch(), 2));
    assertThat(due(opened, second, NOW + 30, 99)).containsExactly(4L, 5L, 1L);
    assertThat(due(opened, Due.FIRST_NEVER, ItemHead.NEVER, 99)).containsExactly(3L, 6L);
    Due third = new Due(ItemHead.NEVER, Position.notReady(opened.epoch(), 3));
    assertThat(due(opened, third, ItemHead.NEVER, 99)).containsExactly(6L);
  }

  private List<Long> due(Opened opened, Due after, long until, int max) {
    return store().due(opened, after, until, max).stream()
        .map(head -> head.position() & 0xFFFFL)
        .toList();
  }

  // Turns

  @Test
  void writesAllKindsOfChangesAtOnce() {
    Opened opened = opened();
    committed(
        batch(opened)
            .items(scheduled(opened, 9, NOW), item(opened, 1), item(opened, 2), item(opened, 3))
            .leases(lease(opened, 4, positions(opened, 1, 2)))
            .keys(key("kept", KeyEntry.KEPT)));
    long due = Position.notReady(opened.epoch(), 9);

    CommitResult result =
        commit(
            batch(opened)
                .items(item(opened, 10))
                .moves(
                    new Move(
                        due, Position.ready(opened.epoch(), 11), NOW + 5, ItemHead.READY, 0, null))
                .removed(positions(opened, 1, 3))
                .leases(lease(opened, 12, positions(opened, 10, 11)))
                .endedLeases(Position.ready(opened.epoch(), 4))
                .keys(key("new", 5))
                .removedKeys(KeyHash.of('k', "kept"))
                .lowWater(new LowWater(Position.ready(opened.epoch(), 10), -5))
                .build());

    assertThat(result).isEqualTo(committed(opened.epoch(), 4));
    assertThat(positions(all(opened))).containsExactly(positions(opened, 10, 11));
    assertThat(store().leases(opened)).extracting(StoredLease::client).containsExactly("client-12");
    assertThat(store().keys(opened, hashes("kept", "new"), 0))
        .containsOnlyKeys(KeyHash.of('k', "new"));
    Opened later = opened(opened.key(), 2);
    assertThat(later.lowWater()).isEqualTo(new LowWater(Position.ready(opened.epoch(), 10), -5));
  }

  @Test
  void writesAnEmptyTurnAndEachKindOfChangeAlone() {
    Opened opened = opened();
    long one = Position.ready(opened.epoch(), 1);

    committed(batch(opened));
    committed(batch(opened).items(item(opened, 1)));
    committed(batch(opened).leases(lease(opened, 2, one)));
    committed(batch(opened).keys(key("kept", KeyEntry.KEPT)));
    committed(batch(opened).moves(new Move(one, one + 2, NOW, ItemHead.READY, 1, "source")));
    committed(batch(opened).lowWater(new LowWater(2, -2)));
    committed(batch(opened).endedLeases(Position.ready(opened.epoch(), 2)));
    committed(batch(opened).removedKeys(KeyHash.of('k', "kept")));
    assertThat(all(opened)).hasSize(1);
    committed(batch(opened).removed(one + 2));

    assertThat(all(opened)).isEmpty();
    assertThat(store().leases(opened)).isEmpty();
    assertThat(store().keys(opened, hashes("kept"), 0)).isEmpty();
  }

  @Test
  void countsTheRowsThatWereThere() {
    Opened opened = opened();
    committed(batch(opened).items(items(opened, 3)));
    long absent = Position.ready(opened.epoch(), 77);

    CommitResult result =
        commit(
            batch(opened)
                .removed(Position.ready(opened.epoch(), 0), absent)
                .moves(
                    new Move(absent + 1, absent + 2, NOW, ItemHead.READY, 1, null),
                    new Move(
                        Position.ready(opened.epoch(), 1),
                        absent + 3,
                        NOW,
                        ItemHead.READY,
                        1,
                        null))
                .build());

    assertThat(result).isEqualTo(committed(opened.epoch(), 2));
    assertThat(positions(all(opened)))
        .containsExactly(Position.ready(opened.epoch(), 2), absent + 3);
  }

  @Test
  void movesARowWithItsContent() {
    Opened opened = opened();
    StoredItem ready =
        new StoredItem(
            new ItemHead(
                Position.ready(opened.epoch(), 1),
                NOW,
                NOW - 7,
                NOW + 9,
                ItemHead.READY,
                1,
                4,
                "old"),
            new ItemContent("k", "r", "e", new byte[20_000], new byte[] {9}));
    StoredItem waiting = scheduled(opened, 2, ItemHead.NEVER);
    committed(batch(opened).items(waiting, ready));

    committed(
        batch(opened)
            .moves(
                new Move(
                    ready.position(),
                    Position.notReady(opened.epoch(), 3),
                    NOW + 1,
                    NOW + 50,
                    2,
                    null),
                new Move(
                    waiting.position(),
                    Position.ready(opened.epoch(), 4),
                    NOW + 2,
                    ItemHead.READY,
                    0,
                    "new")));

    assertSame(
        all(opened),
        List.of(
            new StoredItem(
                new ItemHead(
                    Position.notReady(opened.epoch(), 3),
                    NOW + 1,
                    NOW - 7,
                    NOW + 9,
                    NOW + 50,
                    2,
                    4,
                    "old"),
                ready.content()),
            new StoredItem(
                new ItemHead(
                    Position.ready(opened.epoch(), 4),
                    NOW + 2,
                    waiting.head().createdAt(),
                    waiting.head().expireAt(),
                    ItemHead.READY,
                    0,
                    5,
                    "new"),
                waiting.content())));
  }

  @Test
  void movesManyRows() {
    Opened opened = opened();
    committed(batch(opened).items(items(opened, 5_000)));
    Move[] moves = new Move[5_000];
    for (int i = 0; i < moves.length; i++) {
      moves[i] =
          new Move(
              Position.ready(opened.epoch(), i),
              Position.ready(opened.epoch(), 20_000 - i),
              NOW,
              ItemHead.READY,
              i,
              null);
    }

    committed(batch(opened).moves(moves));

    List<ItemHead> heads = store().heads(opened, PositionRange.READY, 9_999);
    assertThat(heads).hasSize(5_000);
    assertThat(heads.getFirst().attempts()).isEqualTo(4_999);
    assertThat(heads.getLast().attempts()).isZero();
  }

  @Test
  void writesTurnsOfSeveralPartitions() {
    Opened one = opened();
    PartitionKey key = created();
    Opened deposed = opened(key, 1);
    Opened other = opened(key, 2);

    List<CommitResult> results =
        store()
            .commit(
                List.of(
                    batch(deposed).items(item(deposed, 1)).build(),
                    batch(one).items(item(one, 1)).build(),
                    batch(other).items(item(other, 2)).build()));

    assertThat(results.get(0)).isEqualTo(new Fenced(false));
    assertThat(results.get(1)).isEqualTo(committed(one.epoch(), 0));
    assertThat(results.get(2)).isEqualTo(committed(other.epoch(), 0));
    assertThat(positions(all(other))).containsExactly(Position.ready(other.epoch(), 2));
  }

  @Test
  void writesTenThousandRowsAtOnce() {
    Opened opened = opened();

    committed(batch(opened).items(items(opened, 10_000)));
    CommitResult removed = commit(batch(opened).removed(positions(opened, 0, 9_998)).build());

    assertThat(removed).isEqualTo(committed(opened.epoch(), 9_999));
    assertThat(positions(all(opened))).containsExactly(Position.ready(opened.epoch(), 9_999));
  }

  @Test
  void writesSixteenMebibytesAtOnce() {
    Opened opened = opened();
    byte[] large = new byte[16 << 20];
    for (int i = 0; i < large.length; i++) {
      large[i] = (byte) (i * 31 >> 3);
    }

    committed(batch(opened).items(item(opened, 1, large), item(opened, 2, "small")));

    List<StoredItem> first = store().items(opened, PositionRange.READY, new PageLimit(10, 1_000));
    assertThat(first).hasSize(1);
    assertThat(first.getFirst().content().payload()).isEqualTo(large);
    committed(batch(opened).removed(positions(opened, 1, 1)));
    assertThat(all(opened)).hasSize(1);
  }

  @Test
  void hasLimitsWithinWhichATurnFits() {
    Limits limits = store().limits();

    assertThat(limits.turnItems()).isGreaterThanOrEqualTo(10_000);
    assertThat(limits.turnBytes()).isGreaterThanOrEqualTo(64L << 20);
    assertThat(limits.itemBytes()).isGreaterThanOrEqualTo(16L << 20);
  }

  // Fencing

  @Test
  void refusesTheTurnOfADeposedHolder() {
    PartitionKey key = created();
    Opened old = opened(key, 1);
    committed(
        batch(old)
            .items(items(old, 3))
            .leases(lease(old, 5, positions(old, 0, 1)))
            .keys(key("kept", KeyEntry.KEPT)));
    Opened current = (Opened) open(another(), key, claim(2));

    CommitResult result =
        commit(
            batch(old)
                .items(item(old, 10))
                .moves(
                    new Move(
                        Position.ready(old.epoch(), 0),
                        Position.ready(old.epoch(), 11),
                        NOW,
                        ItemHead.READY,
                        1,
                        null))
                .removed(positions(old, 1, 2))
                .leases(lease(old, 12, positions(old, 10, 10)))
                .endedLeases(Position.ready(old.epoch(), 5))
                .keys(key("new", 5))
                .removedKeys(KeyHash.of('k', "kept"))
                .lowWater(new LowWater(99, -1))
                .build());

    assertThat(result).isEqualTo(new Fenced(false));
    assertThat(positions(all(current))).containsExactly(positions(old, 0, 2));
    assertThat(store().leases(current)).hasSize(1);
    assertThat(store().keys(current, hashes("kept", "new"), 0))
        .containsOnlyKeys(KeyHash.of('k', "kept"));
    assertThat(opened(key, 3).lowWater()).isEqualTo(LowWater.NONE);
  }

  @Test
  void refusesATurnOfTheEpochBeforeAReopening() {
    Opened before = opened();
    Opened after = (Opened) store().reopen(before);

    assertThat(commit(batch(before).removed(1).build())).isEqualTo(new Fenced(false));
    committed(batch(after).items(item(after, 1)));
  }

  @Test
  void aNewHolderSeesEverythingThatWasCommitted() {
    PartitionKey key = created();
    Opened old = opened(key, 1);
    List<StoredItem> items = items(old, 100);
    StoredLease lease = lease(old, 200, positions(old, 3, 50));
    committed(
        batch(old)
            .items(items)
            .leases(lease)
            .keys(key("a", 77))
            .lowWater(
                new LowWater(Position.ready(old.epoch(), 0), Position.notReady(old.epoch(), 7))));

    Opened current = (Opened) open(another(), key, claim(2));

    assertSame(another().items(current, PositionRange.READY, ALL), items);
    assertThat(another().leases(current))
        .usingRecursiveFieldByFieldElementComparator(SAME)
        .containsExactly(lease);
    assertThat(another().keys(current, hashes("a"), 77)).hasSize(1);
    assertThat(current.lowWater())
        .isEqualTo(new LowWater(Position.ready(old.epoch(), 0), Position.notReady(old.epoch(), 7)));
  }

  @Test
  void nothingOfAnEpochAppearsAfterALaterOneWasOpened() throws Exception {
    PartitionKey key = created();
    Opened first = opened(key, 1);
    AtomicBoolean fenced = new AtomicBoolean();
    AtomicLong acknowledged = new AtomicLong();
    CompletableFuture<Void> writer =
        Async.run(() -> {
          for (long count = 1; !fenced.get(); count++) {
            CommitResult result = commit(batch(first).items(item(first, count)).build());
            if (result instanceof Committed) {
              acknowledged.set(count);
            } else {
              assertThat(result).isEqualTo(new Fenced(false));
              fenced.set(true);
            }
          }
        });
    org.awaitility.Awaitility.await().until(() -> acknowledged.get() > 20 || writer.isDone());

    Opened second = (Opened) open(another(), key, claim(2));
    int seen = all(second).size();
    writer.get();

    assertThat(all(second)).hasSize(seen);
    assertThat((long) seen).isEqualTo(acknowledged.get());
  }

  @Test
  void namesThePartitionsThatWereTakenOver() {
    PartitionKey key = created();
    Opened old = opened(key, 1);
    Opened kept = opened();
    PartitionKey unknown = PartitionKey.random(random);
    opened(key, 2);

    Set<PartitionKey> lost =
        store()
            .superseded(Map.of(key, old.epoch(), kept.key(), kept.epoch(), unknown, new Epoch(1)));

    assertThat(lost).containsExactlyInAnyOrder(key, unknown);
    assertThat(store().superseded(Map.of())).isEmpty();
  }

  // Leases

  @Test
  void keepsLeasesInTheOrderOfTheirIds() {
    Opened opened = opened();
    long far = Position.ready(new Epoch(opened.epoch().value() + 1_000), 1L << 38);
    StoredLease mixed =
        new StoredLease(
            Position.ready(opened.epoch(), 2),
            "consumer 😀",
            micros("2026-03-29T01:00:00.000001Z"),
            new long[] {1, 2, 3, 7, 9, 10, far},
            new int[] {1, 1, 65_536, 2, 2, 2, Integer.MAX_VALUE});
    StoredLease one = lease(opened, 1, 5);
    long[] many = new long[10_000];
    int[] attempts = new int[many.length];
    for (int i = 0; i < many.length; i++) {
      many[i] = i * 3L;
      attempts[i] = i % 7;
    }
    StoredLease large =
        new StoredLease(Position.ready(opened.epoch(), 3), "", Long.MAX_VALUE, many, attempts);

    committed(batch(opened).leases(mixed, large, one));

    assertThat(store().leases(opened))
        .usingRecursiveFieldByFieldElementComparator(SAME)
        .containsExactly(one, mixed, large);
  }

  @Test
  void replacesALease() {
    Opened opened = opened();
    committed(batch(opened).leases(lease(opened, 1, 5, 6), lease(opened, 2, 7)));
    StoredLease replacement = lease(opened, 3, 6);

    committed(
        batch(opened).leases(replacement).endedLeases(Position.ready(opened.epoch(), 1), 12_345));

    assertThat(store().leases(opened))
        .extracting(StoredLease::client)
        .containsExactly("client-2", "client-3");
  }

  // Keys

  private static KeyEntry key(String text, int minute) {
    return new KeyEntry(
        KeyHash.of('k', text), minute, KeyHash.of('r', text), Position.ready(new Epoch(1), 4), 3);
  }

  private static Set<KeyHash> hashes(String... texts) {
    Set<KeyHash> hashes = new HashSet<>();
    for (String text : texts) {
      hashes.add(KeyHash.of('k', text));
    }
    return hashes;
  }

  @Test
  void findsKeysFromAMinuteOn() {
    Opened opened = opened();
    committed(
        batch(opened)
            .keys(
                key("old", 10),
                key("young", 20),
                key("young too", 20),
                key("kept", KeyEntry.KEPT)));
    committed(batch(opened).keys(key("old", 21)));

    Map<KeyHash, KeyEntry> all =
        store().keys(opened, hashes("old", "young", "young too", "kept", "none"), 0);

    assertThat(all).hasSize(4).containsEntry(KeyHash.of('k', "old"), key("old", 21));
    assertThat(all).containsEntry(KeyHash.of('k', "kept"), key("kept", KeyEntry.KEPT));
    assertThat(store().keys(opened, hashes("old", "young", "kept"), 21))
        .containsOnlyKeys(KeyHash.of('k', "old"), KeyHash.of('k', "kept"));
    assertThat(store().keys(opened, hashes("young"), 20)).hasSize(1);
    assertThat(store().keys(opened, hashes("young"), 22)).isEmpty();
    assertThat(store().keys(opened, Set.of(), 0)).isEmpty();
  }

  @Test
  void keysOfAPartitionAreItsOwn() {
    Opened one = opened();
    Opened other = opened();
    committed(batch(one).keys(key("a", 10)));

    assertThat(store().keys(other, hashes("a"), 0)).isEmpty();
    committed(batch(other).keys(key("a", 10)));
    store().pruneKeys(one, 11);
    assertThat(store().keys(one, hashes("a"), 0)).isEmpty();
    assertThat(store().keys(other, hashes("a"), 0)).hasSize(1);
  }

  @Test
  void prunesOldKeysButNotKeptOnes() {
    Opened opened = opened();
    committed(
        batch(opened).keys(key("a", 10), key("b", 11), key("c", 12), key("kept", KeyEntry.KEPT)));

    store().pruneKeys(opened, 12);

    assertThat(store().keys(opened, hashes("a", "b", "c", "kept"), 0))
        .containsOnlyKeys(KeyHash.of('k', "c"), KeyHash.of('k', "kept"));
  }

  @Test
  void looksUpManyKeysAtOnce() {
    Opened opened = opened();
    KeyEntry[] entries = new KeyEntry[2_000];
    Set<KeyHash> hashes = new HashSet<>();
    for (int i = 0; i < entries.length; i++) {
      entries[i] = key("key " + i, 100 + i % 15);
      hashes.add(entries[i].hash());
    }
    committed(batch(opened).keys(entries));

    assertThat(store().keys(opened, hashes, 100).values()).containsExactlyInAnyOrder(entries);
  }

  // Low water

  @Test
  void rememberstheLastMark() {
    PartitionKey key = created();
    Opened opened = opened(key, 1);
    committed(batch(opened).lowWater(new LowWater(10, -100)));
    committed(batch(opened).lowWater(new LowWater(10, -90)));
    committed(batch(opened).lowWater(new LowWater(20, -90)));
    store().pruneKeys(opened, 0);

    Opened next = opened(key, 2);

    assertThat(next.lowWater()).isEqualTo(new LowWater(20, -90));
    assertThat(((Opened) store().reopen(next)).lowWater()).isEqualTo(new LowWater(20, -90));
  }

  // Counting

  @Test
  void countsRowsAndTheirAges() {
    Opened opened = opened();
    List<StoredItem> items = new ArrayList<>();
    long sum = 0;
    long[] ages = {
      0, 1, 999, 1_000, 1_001, -1, -999, -1_000, -1_001, 86_400_000_000L, 123_456_789_012_345L
    };
    for (long age : ages) {
      items.add(
          new StoredItem(
              new ItemHead(
                  Position.ready(opened.epoch(), items.size()),
                  NOW,
                  NOW + age,
                  NOW,
                  ItemHead.READY,
                  0,
                  0,
                  ""),
              new ItemContent("", "", "", new byte[0])));
      sum += Math.floorDiv(age, 1_000L);
    }
    committed(batch(opened).items(items));

    try (Counting counting = store().count(opened, PositionRange.READY, BASE)) {
      assertThat(counting.await()).isEqualTo(new Counting.Counts(ages.length, sum));
    }
    try (Counting counting =
        store().count(opened, new PositionRange(1, Position.ready(opened.epoch(), 2)), BASE)) {
      assertThat(counting.await()).isEqualTo(new Counting.Counts(3, 0));
    }
    try (Counting counting = store().count(opened, PositionRange.NOT_READY, BASE)) {
      assertThat(counting.await()).isEqualTo(new Counting.Counts(0, 0));
    }
  }

  @Test
  void countsTheRowsAsTheyWereWhenTheCountBegan() {
    Opened opened = opened();
    committed(batch(opened).items(items(opened, 100)));

    try (Counting counting = store().count(opened, PositionRange.READY, BASE)) {
      committed(batch(opened).removed(positions(opened, 0, 49)));
      committed(batch(opened).items(item(opened, 1_000)));

      assertThat(counting.await().items()).isEqualTo(100);
    }
    try (Counting counting = store().count(opened, PositionRange.READY, BASE)) {
      assertThat(counting.await().items()).isEqualTo(51);
    }
  }

  @Test
  void countsWhileTurnsAreCommitted() {
    Opened opened = opened();
    AtomicBoolean stop = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    CompletableFuture<Void> writer =
        Async.run(() -> {
          while (!stop.get()) {
            committed(batch(opened).items(item(opened, written.get())));
            written.incrementAndGet();
          }
        });

    for (int i = 0; i < 20; i++) {
      long before = written.get();
      try (Counting counting = store().count(opened, PositionRange.READY, BASE)) {
        long after = written.get();
        assertThat(counting.await().items()).isBetween(before, after + 1);
      }
    }
    stop.set(true);

    writer.join();
  }

  @Test
  void aCountMayBeLeft() {
    Opened opened = opened();

    for (int i = 0; i < 10; i++) {
      await()
          .ignoreExceptionsInstanceOf(StorageException.Unavailable.class)
          .untilAsserted(() -> store().count(opened, PositionRange.READY, BASE).close());
    }

    committed(batch(opened).items(item(opened, 1)));
  }

  @Test
  void doesNotCountWhatIsGone() {
    Opened opened = opened();
    store().drop(opened.key());

    assertThatThrownBy(
            () -> {
              try (Counting counting = store().count(opened, PositionRange.READY, BASE)) {
                counting.await();
              }
            })
        .isInstanceOf(StorageException.Fenced.class);
  }

  @Test
  void readsNothingOfAPartitionThatIsGone() {
    Opened opened = opened();
    store().drop(opened.key());

    assertThatThrownBy(() -> store().heads(opened, PositionRange.READY, 1))
        .isInstanceOf(StorageException.Fenced.class);
    assertThatThrownBy(() -> store().items(opened, new long[] {1}))
        .isInstanceOf(StorageException.Fenced.class);
    assertThatThrownBy(() -> store().due(opened, Due.FIRST, NOW, 1))
        .isInstanceOf(StorageException.Fenced.class);
  }

  /// The same stores, when all keys are read.
  @Nested
  final class KeyPages extends KeyPagesContract {
    @Override
    PartitionStore store() {
      return PartitionStoreContract.this.store();
    }

    @Override
    PartitionStore another() {
      return PartitionStoreContract.this.another();
    }
  }

  /// The same stores, when partitions are filled from others.
  @Nested
  final class Filling extends PartitionFillingContract {
    @Override
    PartitionStore store() {
      return PartitionStoreContract.this.store();
    }

    @Override
    PartitionStore another() {
      return PartitionStoreContract.this.another();
    }

    @Override
    int bigPage() {
      return PartitionStoreContract.this.bigPage();
    }
  }
}

package io.querator.storage.mongo;

import static io.querator.storage.Samples.NOW;
import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static io.querator.storage.Samples.scheduled;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Updates;
import io.querator.storage.Async;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.CommitResult.Refused;
import io.querator.storage.Counting;
import io.querator.storage.Due;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.bson.BsonDocument;
import org.bson.conversions.Bson;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What lies in a partition's collection, and what becomes of it.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MongoLogIT {
  private static final PositionRange EVERYTHING = new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE);
  private static final PageLimit ALL = new PageLimit(10_000, Long.MAX_VALUE);
  private static final Bson TURNS = Filters.and(Ids.allLog(), Filters.exists("open", false));

  private static final Bson NOT_LOG =
      Filters.or(Filters.type("_id", "long"), Filters.lt("_id", "t"));

  private final Random random = new Random();
  private MongoSettings settings;
  private MongoPartitionStore store;
  private PartitionKey key;
  private Opened opened;
  private Documents raw;
  private long version;

  @BeforeAll
  void start() {
    settings = TestMongo.settings();
    store = MongoPartitionStore.open(settings, null);
  }

  @AfterAll
  void stop() {
    store.close();
  }

  @BeforeEach
  void create() {
    key = PartitionKey.random(random);
    store.create(key);
    raw = TestMongo.raw(settings, key);
    takeOver();
  }

  private void takeOver() {
    opened = (Opened) store.open(Map.of(key, Epoch.NONE), claim(++version)).getFirst();
  }

  private CommitResult commit(Batch batch) {
    return store.commit(List.of(batch)).getFirst();
  }

  private void committed(Batch batch) {
    assertThat(commit(batch)).isInstanceOf(Committed.class);
  }

  private List<StoredItem> all() {
    return store.items(opened, EVERYTHING, ALL);
  }

  private List<BsonDocument> openings() {
    return raw.list(Query.of(Filters.exists("open")));
  }

  @Test
  void keepsFewRecordsOfTurnsAndAllOfOpenings() {
    for (int i = 1; i <= 450; i++) {
      committed(
          batch(opened)
              .items(item(opened, i))
              .removed(Position.ready(opened.epoch(), i - 2))
              .build());
    }
    takeOver();
    takeOver();

    await()
        .untilAsserted(() -> assertThat(raw.list(Query.of(TURNS))).hasSizeLessThanOrEqualTo(100));
    await()
        .untilAsserted(() ->
            assertThat(raw.list(Query.of(Filters.type("_id", "long")))).hasSize(all().size()));
    assertThat(all()).hasSize(2);
    assertThat(openings()).hasSize(4);
    assertThat(openings().stream().filter(opening -> opening.containsKey("ends"))).hasSize(1);
  }

  @Test
  void remembersOnlyTheEpochsThatStillHaveSomething() {
    KeyEntry kept = new KeyEntry(KeyHash.of('k', "a"), KeyEntry.KEPT, KeyHash.of('r', ""), 1, 1);
    committed(batch(opened).items(item(opened, 1)).build());
    takeOver();
    committed(batch(opened).items(scheduled(opened, 1, NOW)).build());
    takeOver();
    committed(batch(opened).leases(lease(opened, 1, 5)).build());
    takeOver();
    committed(batch(opened).keys(kept).build());
    for (int i = 0; i < 70; i++) {
      takeOver();
      committed(batch(opened).items(item(opened, 1)).build());
      committed(batch(opened).removed(positions(opened, 1, 1)).build());
      assertThat(store.heads(opened, PositionRange.READY, 9)).hasSize(1);
    }
    takeOver();

    assertThat(all()).hasSize(2);
    assertThat(store.leases(opened)).hasSize(1);
    assertThat(store.keys(opened, Set.of(kept.hash()), 0)).hasSize(1);
    int most =
        openings().stream()
            .filter(opening -> opening.containsKey("ends"))
            .mapToInt(opening -> opening.getArray("ends").size())
            .max()
            .orElseThrow();
    assertThat(most).isBetween(4, 33);
  }

  @Test
  void leavesOutAndSweepsWhatNoTurnWrote() {
    committed(batch(opened).items(item(opened, 1)).leases(lease(opened, 2, 1)).build());
    Opened old = opened;
    takeOver();
    List<BsonDocument> debris = new ArrayList<>();
    for (StoredItem item :
        List.of(
            item(old, 3),
            scheduled(old, 3, NOW),
            item(
                new Opened(
                    key, claim(1), new Epoch(70), Instant.EPOCH, old.lowWater(), false, false),
                1))) {
      ItemDocuments.encode(item, 1_000, debris);
    }
    debris.add(LeaseDocuments.encode(lease(old, 3, 7)));
    KeyEntry entry = new KeyEntry(KeyHash.of('k', "a"), 5, KeyHash.of('r', ""), 1, 1);
    debris.add(KeyDocuments.encode(entry, old.epoch().value(), 999, 0));
    debris.add(ItemDocuments.partDocument(Position.ready(old.epoch(), 3), 1, new byte[9]));
    raw.insert(debris);

    assertThat(all()).hasSize(1);
    assertThat(store.heads(opened, EVERYTHING, 9)).hasSize(1);
    assertThat(store.items(opened, new long[] {Position.ready(old.epoch(), 3)})).isEmpty();
    assertThat(store.due(opened, Due.FIRST, Long.MAX_VALUE, 9)).isEmpty();
    assertThat(store.leases(opened)).hasSize(1);
    assertThat(store.keys(opened, Set.of(entry.hash()), 0)).isEmpty();
    try (Counting counting = store.count(opened, EVERYTHING, Instant.EPOCH)) {
      assertThat(counting.await().items()).isEqualTo(1);
    }
    takeOver();
    await()
        .untilAsserted(() ->
            assertThat(raw.list(Query.of(NOT_LOG)))
                .as("an item and a lease are real, and a newer epoch is not looked at")
                .hasSize(3));
  }

  @Test
  void keepsPayloadsThatFitIntoNoDocument() {
    byte[] payload = new byte[20 << 20];
    random.nextBytes(payload);
    committed(batch(opened).items(item(opened, 1, payload), item(opened, 2)).build());
    committed(
        batch(opened)
            .moves(
                new Move(
                    Position.ready(opened.epoch(), 1),
                    Position.ready(opened.epoch(), 3),
                    NOW,
                    ItemHead.READY,
                    1,
                    null))
            .build());
    takeOver();

    List<StoredItem> items = all();

    assertThat(items).hasSize(2);
    assertThat(items.getLast().content().payload()).isEqualTo(payload);
    committed(batch(opened).removed(items.getLast().position()).build());
    assertThat(all()).hasSize(1);
    await().untilAsserted(() -> assertThat(raw.list(Query.of(Ids.allParts()))).isEmpty());
  }

  @Test
  void refusesWhatTheServerCannotKeep() {
    StoredItem tooLarge =
        new StoredItem(
            item(opened, 3_000).head(), new ItemContent("k".repeat(17 << 20), "", "", new byte[0]));
    List<StoredItem> items = new ArrayList<>();
    for (int i = 1; i <= 2_500; i++) {
      items.add(item(opened, i));
    }
    items.add(tooLarge);

    CommitResult result = commit(batch(opened).items(items).build());

    assertThat(result).isInstanceOf(Refused.class);
    assertThat(((Refused) result).reason()).isEqualTo(Reason.TOO_LARGE);
    opened = opened.at(new Epoch(2));
    assertThat(((Refused) result).epoch()).isEqualTo(opened.epoch());
    assertThat(all()).isEmpty();
    committed(batch(opened).items(item(opened, 1)).build());
    assertThat(all()).hasSize(1);
    await()
        .untilAsserted(
            () -> assertThat(raw.list(Query.of(Filters.type("_id", "long")))).hasSize(1));
  }

  @Test
  void positionsMustRise() {
    committed(batch(opened).items(item(opened, 5)).build());

    assertThatIllegalArgumentException()
        .isThrownBy(() -> commit(batch(opened).items(item(opened, 5)).build()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> commit(batch(opened).leases(lease(opened, 4, 1)).build()));
    Opened other = opened.at(new Epoch(9));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> commit(batch(opened).items(item(other, 6)).build()));
  }

  @Test
  void saysSoWhenALogHasLostAnOpening() {
    committed(batch(opened).items(item(opened, 1)).build());
    raw.delete(Filters.eq("owner", claim(1).owner()));

    assertThatThrownBy(this::takeOver)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("Stop all nodes, then restore it again");
  }

  @Test
  void doesNotOpenWhatANewerVersionWrote() {
    raw.update(Filters.eq("owner", claim(1).owner()), Updates.set("format", 3));

    assertThatThrownBy(this::takeOver)
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("has format 3, this version knows up to 2");
  }

  @Test
  void aDroppedPartitionStaysDroppedWhateverComesLate() {
    committed(batch(opened).items(item(opened, 1)).build());
    try (MongoPartitionStore other = MongoPartitionStore.open(settings, null)) {
      other.drop(key);

      assertThat(commit(batch(opened).items(item(opened, 2)).build())).isEqualTo(new Fenced(false));
      assertThat(raw.list(Query.of(Filters.exists("open", false))))
          .extracting(document -> document.get("_id"))
          .as("what was sent to the number that is taken")
          .hasSizeLessThanOrEqualTo(1);
      store.create(key);
      assertThat(store.superseded(Map.of(key, new Epoch(3)))).containsExactly(key);
    }
    Instant far = Instant.parse("2100-01-01T00:00:00Z");
    assertThat(store.created(far)).doesNotContain(key);
    assertThat(openings()).isNotEmpty();

    TestMongo.raw(settings, "partition")
        .update(Filters.eq("_id", key.toString()), Updates.set("dropped_at", 0L));
    store.created(far);

    assertThat(raw.list(Query.of(Filters.empty()))).isEmpty();
    raw.insert(List.of(BsonDocument.parse("{_id: 't0000000000000000009'}")));
    store.created(far);
    assertThat(raw.list(Query.of(Filters.empty()))).isEmpty();
  }

  @Test
  void takesAPartitionFromABusyOwner() {
    for (int round = 0; round < 5; round++) {
      Opened busy = opened;
      AtomicLong acknowledged = new AtomicLong();
      AtomicBoolean lost = new AtomicBoolean();
      int before = all().size();
      CompletableFuture<Void> writing =
          Async.run(() -> {
            for (long count = 1; !lost.get(); count++) {
              if (commit(batch(busy).items(item(busy, count)).build()) instanceof Committed) {
                acknowledged.set(count);
              } else {
                lost.set(true);
              }
            }
          });
      await().until(() -> acknowledged.get() > 10);
      try (MongoPartitionStore other = MongoPartitionStore.open(settings, null)) {
        long begun = System.nanoTime();
        opened = (Opened) other.open(Map.of(key, Epoch.NONE), claim(++version)).getFirst();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        writing.join();
        assertThat(other.heads(opened, EVERYTHING, 100_000))
            .hasSize(before + (int) acknowledged.get());
      }
      takeOver();
    }
  }

  @Test
  void aWallStopsItsOwnerAndNobodyElse() {
    committed(batch(opened).items(item(opened, 1)).build());
    PartitionLog log = new PartitionLog(raw);
    LogRecord last = requireNonNull(log.last());
    log.insert(new LogRecord.Wall(last.number() + 2, last.epoch(), 1));

    committed(batch(opened).items(item(opened, 2)).build());
    assertThat(store.superseded(Map.of(key, opened.epoch()))).isEmpty();
    assertThat(commit(batch(opened).items(item(opened, 3)).build())).isEqualTo(new Fenced(false));

    takeOver();
    assertThat(all()).hasSize(2);
    committed(batch(opened).items(item(opened, 1)).build());
    takeOver();
    assertThat(all()).hasSize(3);
  }
}

package io.querator.storage.mongo;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Filters;
import com.mongodb.client.model.Sorts;
import io.querator.storage.Batch;
import io.querator.storage.BatchBuilder;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.Epoch;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import org.bson.BsonDocument;
import org.bson.BsonInt32;
import org.bson.BsonInt64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What is real in the collection of a partition that was filled from another one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MongoFillingIT {
  private static final PositionRange EVERYTHING = new PositionRange(Long.MIN_VALUE, Long.MAX_VALUE);
  private static final PageLimit ALL = new PageLimit(10_000, Long.MAX_VALUE);
  private static final Epoch SEEN = new Epoch(4);

  private final Random random = new Random();
  private MongoSettings settings;
  private MongoPartitionStore store;
  private PartitionKey key;
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
  }

  private Opened open(Epoch seen) {
    return (Opened) store.open(Map.of(key, seen), claim(++version)).getFirst();
  }

  private CommitResult commit(Batch batch) {
    return store.commit(List.of(batch)).getFirst();
  }

  private void committed(BatchBuilder batch) {
    assertThat(commit(batch.build())).isInstanceOf(Committed.class);
  }

  /// An item as another partition has it.
  private static StoredItem moved(Opened opened, long epoch, long count) {
    return item(opened.at(new Epoch(epoch)), count);
  }

  private List<StoredItem> all(Opened opened) {
    return store.items(opened, EVERYTHING, ALL);
  }

  private void assertRefused(BatchBuilder batch) {
    assertThatIllegalArgumentException().isThrownBy(() -> commit(batch.build()));
  }

  @Test
  void takesNoMoreThanWhatTheFirstOpeningWasTold() {
    Opened opened = open(SEEN);

    committed(batch(opened).items(moved(opened, 4, 9), moved(opened, 4, 10)));
    committed(batch(opened).items(moved(opened, 2, 1)));

    assertRefused(batch(opened).items(moved(opened, 6, 1)));
    assertThat(all(opened)).hasSize(3);
  }

  @Test
  void aPartitionThatBeganEmptyIsNotFilled() {
    Opened opened = open(Epoch.NONE);

    assertRefused(batch(opened).items(moved(opened, 0, 1)));
    Opened later = open(SEEN);
    assertRefused(batch(later).items(moved(later, 4, 1)));
    assertThat(later.epoch()).isEqualTo(new Epoch(5));
  }

  @Test
  void fillingEndsWithTheFirstPositionOfItsOwnEpoch() {
    Opened opened = open(SEEN);
    committed(batch(opened).items(moved(opened, 3, 1), item(opened, 1)));

    assertRefused(batch(opened).items(moved(opened, 3, 2)));
    assertRefused(batch(opened).leases(lease(opened.at(SEEN), 3, 1)));
    committed(batch(opened).items(item(opened, 2)));
    assertThat(all(opened)).hasSize(3);
  }

  @Test
  void fillingEndsWithTheOpening() {
    Opened opened = open(SEEN);
    committed(batch(opened).items(moved(opened, 3, 1)));

    Opened reopened = (Opened) store.reopen(opened);
    assertRefused(batch(reopened).items(moved(opened, 3, 2)));
    Opened next = open(reopened.epoch());
    assertRefused(batch(next).items(moved(opened, 3, 2)));
    assertThat(all(next)).hasSize(1);
  }

  @Test
  void fillingEndsWithATurnThatWasNotCommitted() {
    Opened opened = open(SEEN);
    committed(batch(opened).items(moved(opened, 3, 1)));

    // A position that is there already stops the insert before its end.
    CommitResult again = commit(batch(opened).items(moved(opened, 3, 1)).build());

    assertThat(again).isInstanceOf(CommitResult.NotCommitted.class);
    Opened raised = opened.at(((CommitResult.NotCommitted) again).epoch());
    assertRefused(batch(raised).items(moved(opened, 3, 2)));
  }

  @Test
  void debrisOfItsOwnEpochsIsStillLeftOut() {
    Opened opened = open(SEEN);
    committed(batch(opened).items(moved(opened, 3, 1)));
    committed(batch(opened).items(item(opened, 1)));
    Opened next = open(opened.epoch());
    insertRaw(item(opened, 2));
    insertRaw(item(next, 1));

    assertThat(all(next)).hasSize(2);
    assertThat(all(open(next.epoch()))).hasSize(2);
    await()
        .untilAsserted(
            () -> assertThat(raw.list(Query.of(Filters.type("_id", "long")))).hasSize(2));
  }

  @Test
  void whatLiesThereBeforeTheFirstOpeningIsDebrisAfterItsHistoryWasLost() {
    Opened lost = open(SEEN);
    create();
    insertRaw(moved(lost, 3, 7));

    Opened opened = open(SEEN);

    assertThat(opened.historyLost()).isTrue();
    assertThat(opened.epoch()).isEqualTo(new Epoch(5));
    assertThat(all(opened)).isEmpty();
    assertRefused(batch(opened).items(moved(opened, 3, 8)));
    committed(batch(opened).items(item(opened, 1)));
    assertThat(all(open(opened.epoch()))).hasSize(1);
    await()
        .untilAsserted(
            () -> assertThat(raw.list(Query.of(Filters.type("_id", "long")))).hasSize(1));
  }

  @Test
  void aVersionThatKnowsNothingOfFillingsDoesNotOpenIt() {
    Opened plain = open(Epoch.NONE);
    assertThat(openings())
        .extracting(opening -> opening.get("format"))
        .containsOnly(new BsonInt32(1));
    assertThat(openings()).noneMatch(opening -> opening.containsKey("base"));
    create();

    Opened opened = open(SEEN);
    open(opened.epoch());

    assertThat(plain.epoch()).isEqualTo(new Epoch(1));
    assertThat(openings().subList(1, 3))
        .allSatisfy(opening -> {
          assertThat(opening.get("format")).isEqualTo(new BsonInt32(2));
          assertThat(opening.get("base")).isEqualTo(new BsonInt64(4));
        });
  }

  @Test
  void staysWholeOverMoreTakeOversThanEndsAreKept() {
    Opened opened = open(SEEN);
    committed(
        batch(opened)
            .items(moved(opened, 1, 1), moved(opened, 4, 1))
            .leases(lease(opened.at(new Epoch(2)), 3, 1)));
    Opened last = opened;
    for (int i = 0; i < 40; i++) {
      last = open(last.epoch());
      committed(batch(last).items(item(last, 1)));
    }
    Opened emptied = last;
    for (StoredItem item : all(last).subList(2, 35)) {
      committed(batch(emptied).removed(item.position()));
    }
    await()
        .untilAsserted(
            () -> assertThat(raw.list(Query.of(Filters.type("_id", "long")))).hasSize(9));

    Opened next = open(last.epoch());
    assertThat(openings().getLast().getArray("ends")).hasSizeBetween(7, 9);
    assertThat(all(next)).hasSize(9);
    assertThat(store.leases(next)).hasSize(1);
  }

  @Test
  void piecesOfWhatIsBeingFilledInAreNotSwept() {
    List<Runnable> background = new ArrayList<>();
    Surroundings real = Surroundings.real();
    Surroundings stepped =
        new Surroundings(
            background::add,
            new Semaphore(1),
            real.nanoTime(),
            real.pause(),
            UnaryOperator.identity(),
            1,
            12);
    Connections connections = new Connections(settings, null);
    try (MongoPartitionStore own =
        new MongoPartitionStore(settings, stepped, connections, connections.server())) {
      Opened opened = (Opened) own.open(Map.of(key, SEEN), claim(++version)).getFirst();
      raw.insert(
          List.of(
              ItemDocuments.partDocument(moved(opened, 3, 1).position(), 1, new byte[] {1}),
              ItemDocuments.partDocument(moved(opened, 5, 9).position(), 1, new byte[] {1})));

      runAll(background);
      assertThat(raw.list(Query.of(Ids.allParts()))).as("of a turn under way").hasSize(2);

      own.commit(List.of(batch(opened).items(item(opened, 1)).build()));
      own.pruneKeys(opened, 0);
      runAll(background);
      assertThat(raw.list(Query.of(Ids.allParts()))).as("filling is over").hasSize(1);
    }
  }

  private static void runAll(List<Runnable> background) {
    while (!background.isEmpty()) {
      background.removeFirst().run();
    }
  }

  @Test
  void debrisDoesNotHideAKeyOfTheSameHash() {
    Opened opened = open(Epoch.NONE);
    KeyEntry kept = key("kept", KeyEntry.KEPT);
    KeyEntry other = key("other", 7);
    for (KeyEntry entry : List.of(kept, other)) {
      for (int turn = 900; turn < 905; turn++) {
        raw.insert(List.of(KeyDocuments.encode(entry, 1, turn, 0)));
      }
    }
    committed(batch(opened).keys(kept, other, key("last", KeyEntry.KEPT)));
    for (KeyEntry entry : List.of(kept, other)) {
      for (int turn = 905; turn < 910; turn++) {
        raw.insert(List.of(KeyDocuments.encode(entry, 1, turn, 0)));
      }
    }

    for (int max = 1; max < 15; max++) {
      List<KeyEntry> found = new ArrayList<>();
      List<KeyEntry> page = store.keysAfter(opened, null, max);
      while (!page.isEmpty()) {
        found.addAll(page);
        page = store.keysAfter(opened, page.getLast(), max);
      }
      assertThat(found)
          .as("in pages of %d", max)
          .isSortedAccordingTo(KeyEntry.ORDER)
          .containsExactlyInAnyOrder(other, kept, key("last", KeyEntry.KEPT));
    }
  }

  private static KeyEntry key(String text, int minute) {
    return new KeyEntry(KeyHash.of('k', text), minute, KeyHash.of('r', text), 1, 1);
  }

  private void insertRaw(StoredItem item) {
    List<BsonDocument> documents = new ArrayList<>();
    ItemDocuments.encode(item, 8 << 20, documents);
    raw.insert(documents);
  }

  private List<BsonDocument> openings() {
    return raw.list(Query.of(Filters.exists("open")).sorted(Sorts.ascending("_id")));
  }
}

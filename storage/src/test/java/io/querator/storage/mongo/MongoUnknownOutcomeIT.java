package io.querator.storage.mongo;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.mongodb.client.model.Filters;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.Samples;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.jdbc.CutProxy;
import io.querator.storage.jdbc.CutProxy.Fault;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Connections that break at the worst moments: the caller is told the truth, nothing is lost,
/// nothing is there twice.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MongoUnknownOutcomeIT {
  private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(4);

  /// In every turn.
  private static final String TURN = "takeover";

  /// In every opening.
  private static final String OWNER = claim(1).owner();

  private final Random random = new Random();
  private MongoSettings settings;
  private CutProxy proxy;
  private MongoPartitionStore store;
  private Opened opened;

  @BeforeAll
  void start() throws IOException {
    settings = TestMongo.settings(TestMongo.url(), COMMIT_TIMEOUT);
    proxy = TestMongo.proxy();
    store = MongoPartitionStore.open(TestMongo.through(proxy, settings), null);
  }

  @AfterAll
  void stop() throws IOException {
    store.close();
    proxy.close();
  }

  @BeforeEach
  void open() {
    PartitionKey key = PartitionKey.random(random);
    store.create(key);
    opened = (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
    commit(batch(opened).items(item(opened, 1), item(opened, 2), item(opened, 3)).build());
  }

  private CommitResult commit(Batch batch) {
    return store.commit(List.of(batch)).getFirst();
  }

  private List<Long> counts() {
    return store.heads(opened, PositionRange.READY, 999).stream()
        .map(head -> head.position() & 0xFFFF)
        .toList();
  }

  private Batch addAndRemove() {
    return batch(opened).items(item(opened, 10, "marker")).removed(positions(opened, 1, 1)).build();
  }

  private static CommitResult committed(long epoch) {
    return new Committed(new Epoch(epoch), OptionalLong.empty());
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "SWALLOW_REQUEST", "HOLD_REQUEST"})
  void aTurnThatTheServerNeverGotIsNotCommitted(Fault fault) throws Exception {
    proxy.arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(new NotCommitted(new Epoch(2)));
    if (fault == Fault.HOLD_REQUEST) {
      proxy.letGo();
      proxy.awaitAnswered();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
    Opened raised = opened.at(new Epoch(2));
    assertThat(
            commit(batch(raised).items(item(raised, 10)).removed(positions(opened, 1, 1)).build()))
        .isEqualTo(committed(2));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_ANSWER", "SWALLOW_ANSWER"})
  void aTurnWhoseAnswerWasLostIsCommitted(Fault fault) {
    proxy.arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(committed(2));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "LOSE_ANSWER"})
  void everyKindOfChangeAloneTellsWhatBecameOfIt(Fault fault) {
    boolean written = fault == Fault.LOSE_ANSWER;
    long from = Position.ready(opened.epoch(), 1);
    List<Function<Opened, Batch>> turns =
        List.of(
            at ->
                batch(at)
                    .moves(
                        new Move(
                            from,
                            Position.ready(at.epoch(), 50),
                            Samples.NOW,
                            ItemHead.READY,
                            1,
                            null))
                    .build(),
            at -> batch(at).leases(lease(at, 60, from)).build(),
            at ->
                batch(at)
                    .keys(new KeyEntry(KeyHash.of('k', "a"), 5, KeyHash.of('r', ""), 1, 1))
                    .build(),
            at -> batch(at).removed(from + 1).lowWater(new LowWater(2, -9)).build());
    for (Function<Opened, Batch> turn : turns) {
      proxy.arm(fault, TURN);

      CommitResult result = commit(turn.apply(opened));

      long next = opened.epoch().value() + 1;
      assertThat(result).isEqualTo(written ? committed(next) : new NotCommitted(new Epoch(next)));
      opened = opened.at(new Epoch(next));
    }
    assertThat(counts()).isEqualTo(written ? List.of(3L, 50L) : List.of(1L, 2L, 3L));
    assertThat(store.leases(opened)).hasSize(written ? 1 : 0);
    assertThat(store.keys(opened, Set.of(KeyHash.of('k', "a")), 0)).hasSize(written ? 1 : 0);
    assertThat(((Opened) store.reopen(opened)).lowWater())
        .isEqualTo(written ? new LowWater(2, -9) : LowWater.NONE);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "LOSE_ANSWER"})
  void whatIsRemovedIsDeletedAlthoughThatFailedAtFirst(Fault fault) {
    Documents raw = TestMongo.raw(settings, opened.key());
    proxy.arm(fault, "deletes");

    assertThat(commit(batch(opened).removed(positions(opened, 1, 2)).build()))
        .isEqualTo(committed(1));

    assertThat(counts()).containsExactly(3L);
    await()
        .untilAsserted(() ->
            assertThat(raw.list(Query.of(Filters.type("_id", "long"))))
                .extracting(ItemDocuments::position)
                .containsExactly(Position.ready(opened.epoch(), 3)));
  }

  @Test
  void anOwnerThatWasDeposedMeanwhileDoesNotKnow() throws Exception {
    try (MongoPartitionStore other = MongoPartitionStore.open(settings, null)) {
      proxy.arm(Fault.HOLD_ANSWER, "marker");
      CompletableFuture<CommitResult> result =
          CompletableFuture.supplyAsync(() -> commit(addAndRemove()));
      proxy.awaitSeen();
      await()
          .until(() ->
              TestMongo.raw(settings, opened.key())
                      .list(Query.of(Filters.eq("_id", Position.ready(opened.epoch(), 10))))
                      .size()
                  == 1);
      Opened current = (Opened) other.open(Map.of(opened.key(), Epoch.NONE), claim(2)).getFirst();
      proxy.letGo();

      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(true));
      assertThat(other.heads(current, PositionRange.READY, 99)).hasSize(3);
    }
  }

  @Test
  void saysSoWhenTheDatabaseStaysAway() {
    proxy.cutAll();
    try {
      long before = System.nanoTime();
      CommitResult result = commit(addAndRemove());
      Duration taken = Duration.ofNanos(System.nanoTime() - before);

      assertThat(result).isIn(new Unavailable(false), new Unavailable(true));
      assertThat(taken).isLessThan(COMMIT_TIMEOUT.plusSeconds(3));
      assertThat(commit(addAndRemove())).isEqualTo(new Unavailable(false));
      assertThatThrownBy(this::counts).isInstanceOf(StorageException.Unavailable.class);
      assertThatThrownBy(() -> store.reopen(opened))
          .isInstanceOf(StorageException.Unavailable.class);
    } finally {
      proxy.restore();
    }

    long before = System.nanoTime();
    Opened again = (Opened) store.reopen(opened);
    Duration taken = Duration.ofNanos(System.nanoTime() - before);

    assertThat(taken).isLessThan(Duration.ofSeconds(2));
    assertThat(again.epoch()).isGreaterThan(opened.epoch());
    assertThat(counts()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void doesNotKnowWhenTheDatabaseGoesAwayDuringATurn() throws Exception {
    proxy.arm(Fault.HOLD_ANSWER, "marker");
    CompletableFuture<CommitResult> result =
        CompletableFuture.supplyAsync(() -> commit(addAndRemove()));
    proxy.awaitSeen();

    proxy.cutAll();

    try {
      proxy.letGo();
      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Unavailable(true));
    } finally {
      proxy.restore();
    }
    assertThat(commit(batch(opened).items(item(opened, 20)).build()))
        .as("before it is opened again")
        .isEqualTo(new Unavailable(false));
    opened = (Opened) store.reopen(opened);
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @Test
  void anOpeningThatArrivesLateChangesNothing() throws Exception {
    proxy.arm(Fault.HOLD_REQUEST, OWNER);
    assertThatThrownBy(() -> store.reopen(opened)).isInstanceOf(StorageException.Unavailable.class);
    Opened raised = (Opened) store.reopen(opened);

    proxy.letGo();
    proxy.awaitAnswered();

    assertThat(raised.epoch()).isEqualTo(new Epoch(2));
    assertThat(store.superseded(Map.of(raised.key(), raised.epoch()))).isEmpty();
    assertThat(commit(batch(raised).items(item(raised, 10)).build())).isEqualTo(committed(2));
  }

  @Test
  void aTakeOverWhoseAnswerWasLostHappened() {
    proxy.arm(Fault.LOSE_ANSWER, OWNER);

    assertThatThrownBy(() -> store.open(Map.of(opened.key(), Epoch.NONE), claim(2)))
        .isInstanceOf(StorageException.Unavailable.class);

    assertThat(commit(batch(opened).items(item(opened, 10)).build())).isEqualTo(new Fenced(false));
    assertThat(store.open(Map.of(opened.key(), Epoch.NONE), claim(3)).getFirst())
        .isInstanceOf(Opened.class);
  }

  /// Random turns under random faults against a plain map.
  @Test
  void tellsTheTruthInManyTurns() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random faults = new Random(seed);
    TreeMap<Long, String> expected = new TreeMap<>();
    counts()
        .forEach(count -> expected.put(Position.ready(opened.epoch(), count), "payload " + count));
    long count = 100;
    for (int turn = 0; turn < 60; turn++) {
      String marker = "turn-" + turn + ";";
      if (faults.nextInt(3) > 0) {
        Fault[] kinds = {Fault.LOSE_REQUEST, Fault.LOSE_ANSWER, Fault.HOLD_REQUEST};
        proxy.arm(kinds[faults.nextInt(kinds.length)], marker);
        proxy.letGo();
      }
      boolean written = false;
      while (!written) {
        List<StoredItem> items = new ArrayList<>();
        for (int i = 0; i <= faults.nextInt(3); i++) {
          items.add(item(opened, count++, marker));
        }
        long removed = expected.isEmpty() ? 0 : expected.firstKey();
        CommitResult result = commit(batch(opened).items(items).removed(removed).build());
        switch (result) {
          case Committed(var epoch, _) -> {
            items.forEach(item -> expected.put(item.position(), marker));
            expected.remove(removed);
            opened = opened.at(epoch);
            written = true;
          }
          case NotCommitted(var epoch) -> opened = opened.at(epoch);
          default -> throw new AssertionError("seed " + seed + ": " + result);
        }
      }
    }

    assertThat(store.heads(opened, PositionRange.READY, 999))
        .as("seed %d", seed)
        .extracting(ItemHead::position)
        .containsExactlyElementsOf(expected.keySet());
  }
}

package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.OpenResult.Opened;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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
public abstract class UnknownOutcomeContract {
  /// Of the stores under test.
  protected static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(4);

  /// In every take-over.
  private static final String OWNER = claim(1).owner();

  private final Random random = new Random();
  protected CutProxy proxy;
  protected PartitionStore store;
  protected Opened opened;

  /// The URL of a fresh database, the same during a test, whose traffic a proxy can read.
  protected abstract String url();

  /// A new store on that database, by this URL of it, with [#COMMIT_TIMEOUT].
  protected abstract PartitionStore open(String url);

  /// A new session with that database.
  protected abstract Rival rival() throws SQLException;

  /// What is in every turn on its way to the server.
  protected abstract String turnMarker();

  @BeforeAll
  void start() throws IOException {
    proxy = CutProxy.before(url());
    store = open(proxy.through(url()));
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

  protected CommitResult commit(Batch batch) {
    return store.commit(List.of(batch)).getFirst();
  }

  protected List<Long> counts() {
    return store.heads(opened, PositionRange.READY, 999).stream()
        .map(head -> head.position() & 0xFFFF)
        .toList();
  }

  protected Batch addAndRemove() {
    return batch(opened).items(item(opened, 10, "marker")).removed(positions(opened, 1, 1)).build();
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "SWALLOW_REQUEST", "HOLD_REQUEST"})
  void aTurnThatTheServerNeverGotIsNotCommitted(CutProxy.Fault fault) throws Exception {
    proxy.arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(new NotCommitted(new Epoch(2)));
    if (fault == CutProxy.Fault.HOLD_REQUEST) {
      proxy.letGo();
      proxy.awaitAnswered();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
    Opened raised = opened.at(new Epoch(2));
    assertThat(
            commit(batch(raised).items(item(raised, 10)).removed(positions(opened, 1, 1)).build()))
        .isEqualTo(new Committed(new Epoch(2), OptionalLong.of(1)));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_ANSWER", "SWALLOW_ANSWER"})
  void aTurnWhoseAnswerWasLostIsCommitted(CutProxy.Fault fault) {
    proxy.arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(new Committed(new Epoch(2), OptionalLong.empty()));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @Test
  void aTurnThatHangsInsideTheServerIsNotCommitted() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(opened.key());
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      CompletableFuture<CommitResult> result =
          CompletableFuture.supplyAsync(() -> commit(addAndRemove()));
      proxy.awaitSeen();
      rival.awaitBlocked();

      proxy.letGo();

      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new NotCommitted(new Epoch(2)));
      rival.rollback();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
  }

  @Test
  void aTurnThatHangsWhileItsConnectionStandsIsResolvedInTime() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(opened.key());

      assertThat(commit(addAndRemove()))
          .isIn(new NotCommitted(new Epoch(2)), new Unavailable(false), new Unavailable(true));
      store.reopen(opened);

      rival.rollback();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "LOSE_ANSWER"})
  void removalsAloneAreRepeated(CutProxy.Fault fault) {
    proxy.arm(fault, turnMarker());

    CommitResult result =
        commit(
            batch(opened).removed(positions(opened, 1, 2)).lowWater(new LowWater(2, -9)).build());

    assertThat(result).isEqualTo(new Committed(new Epoch(2), OptionalLong.empty()));
    assertThat(counts()).containsExactly(3L);
    assertThat(((Opened) store.reopen(opened)).lowWater()).isEqualTo(new LowWater(2, -9));
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "LOSE_ANSWER"})
  void movesLeasesAndKeysTellWhatBecameOfATurn(CutProxy.Fault fault) {
    boolean written = fault == CutProxy.Fault.LOSE_ANSWER;
    long from = Position.ready(opened.epoch(), 1);
    List<Batch> batches =
        List.of(
            batch(opened)
                .moves(new Move(from, from + 50, Samples.NOW, ItemHead.READY, 1, null))
                .build(),
            batch(opened).leases(lease(opened, 60, from)).build(),
            batch(opened)
                .keys(new KeyEntry(KeyHash.of('k', "a"), 5, KeyHash.of('r', ""), 1, 1))
                .build());
    for (Batch sent : batches) {
      proxy.arm(fault, turnMarker());

      CommitResult result = commit(sent.under(opened));

      Epoch next = new Epoch(opened.epoch().value() + 1);
      assertThat(result)
          .isEqualTo(written ? new Committed(next, OptionalLong.empty()) : new NotCommitted(next));
      opened = opened.at(next);
    }
    assertThat(counts().contains(51L)).isEqualTo(written);
    assertThat(store.leases(opened)).hasSize(written ? 1 : 0);
  }

  @Test
  void anOwnerThatWasDeposedMeanwhileDoesNotKnow() throws Exception {
    try (PartitionStore other = open(url())) {
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      CompletableFuture<CommitResult> result =
          CompletableFuture.supplyAsync(() -> commit(addAndRemove()));
      proxy.awaitSeen();
      other.open(Map.of(opened.key(), Epoch.NONE), claim(2));
      proxy.letGo();

      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(true));
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
    proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
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
  }

  @Test
  void aRaiseThatArrivesLateChangesNothing() throws Exception {
    proxy.arm(CutProxy.Fault.HOLD_REQUEST, OWNER);
    Opened raised = (Opened) store.reopen(opened);

    proxy.letGo();
    proxy.awaitAnswered();

    assertThat(raised.epoch()).isEqualTo(new Epoch(2));
    assertThat(store.superseded(Map.of(raised.key(), raised.epoch()))).isEmpty();
    assertThat(commit(batch(raised).items(item(raised, 10)).build())).isInstanceOf(Committed.class);
  }

  @Test
  void aTakeOverWhoseAnswerWasLostHappened() {
    proxy.arm(CutProxy.Fault.LOSE_ANSWER, OWNER);

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
        CutProxy.Fault[] kinds = {
          CutProxy.Fault.LOSE_REQUEST, CutProxy.Fault.LOSE_ANSWER, CutProxy.Fault.HOLD_REQUEST
        };
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

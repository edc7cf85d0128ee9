package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.CutProxy.Fault;
import io.querator.storage.OpenResult.Opened;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Connections that break at the worst moments: the caller is told the truth, nothing is lost,
/// nothing is there twice. What every store behind a network must do.
public abstract class UnknownOutcomeContract {
  /// Of the store under test.
  protected static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(4);

  /// In every take-over.
  protected static final String OWNER = claim(1).owner();

  private final Random random = new Random();

  /// Of the partition of this test, with three items.
  protected Opened opened;

  /// The store under test, the same during a test, behind [#proxy].
  protected abstract PartitionStore store();

  protected abstract CutProxy proxy();

  /// Whether the store tells with a commit how many of the removed rows were there.
  protected boolean tellsRemovedRows() {
    return true;
  }

  @BeforeEach
  void open() {
    PartitionKey key = PartitionKey.random(random);
    store().create(key);
    opened = (Opened) store().open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
    commit(batch(opened).items(item(opened, 1), item(opened, 2), item(opened, 3)).build());
  }

  protected final CommitResult commit(Batch batch) {
    return store().commit(List.of(batch)).getFirst();
  }

  /// The counts of the ready items.
  protected final List<Long> counts() {
    return store().heads(opened, PositionRange.READY, 999).stream()
        .map(head -> head.position() & 0xFFFF)
        .toList();
  }

  /// Adds item 10, whose payload is `marker`, and removes item 1.
  protected final Batch addAndRemove() {
    return batch(opened).items(item(opened, 10, "marker")).removed(positions(opened, 1, 1)).build();
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "SWALLOW_REQUEST", "HOLD_REQUEST"})
  void aTurnThatTheServerNeverGotIsNotCommitted(Fault fault) throws Exception {
    proxy().arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(new NotCommitted(new Epoch(2)));
    if (fault == Fault.HOLD_REQUEST) {
      proxy().letGo();
      proxy().awaitAnswered();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
    Opened raised = opened.at(new Epoch(2));
    OptionalLong found = tellsRemovedRows() ? OptionalLong.of(1) : OptionalLong.empty();
    assertThat(
            commit(batch(raised).items(item(raised, 10)).removed(positions(opened, 1, 1)).build()))
        .isEqualTo(new Committed(new Epoch(2), found));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_ANSWER", "SWALLOW_ANSWER"})
  void aTurnWhoseAnswerWasLostIsCommitted(Fault fault) {
    proxy().arm(fault, "marker");

    CommitResult result = commit(addAndRemove());

    assertThat(result).isEqualTo(new Committed(new Epoch(2), OptionalLong.empty()));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  @Test
  void saysSoWhenTheDatabaseStaysAway() {
    proxy().cutAll();
    try {
      long before = System.nanoTime();
      CommitResult result = commit(addAndRemove());
      Duration taken = Duration.ofNanos(System.nanoTime() - before);

      assertThat(result).isIn(new Unavailable(false), new Unavailable(true));
      assertThat(taken).isLessThan(COMMIT_TIMEOUT.plusSeconds(3));
      assertThat(commit(addAndRemove())).isEqualTo(new Unavailable(false));
      assertThatThrownBy(this::counts).isInstanceOf(StorageException.Unavailable.class);
      assertThatThrownBy(() -> store().reopen(opened))
          .isInstanceOf(StorageException.Unavailable.class);
    } finally {
      proxy().restore();
    }

    long before = System.nanoTime();
    Opened again = (Opened) store().reopen(opened);
    Duration taken = Duration.ofNanos(System.nanoTime() - before);

    assertThat(taken).isLessThan(Duration.ofSeconds(2));
    assertThat(again.epoch()).isGreaterThan(opened.epoch());
    assertThat(counts()).containsExactly(1L, 2L, 3L);
  }

  @Test
  protected final void doesNotKnowWhenTheDatabaseGoesAwayDuringATurn() throws Exception {
    proxy().arm(Fault.HOLD_ANSWER, "marker");
    CompletableFuture<CommitResult> result = Async.supply(() -> commit(addAndRemove()));
    proxy().awaitSeen();

    proxy().cutAll();

    try {
      proxy().letGo();
      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Unavailable(true));
    } finally {
      proxy().restore();
    }
  }

  @Test
  void aTakeOverWhoseAnswerWasLostHappened() {
    proxy().arm(Fault.LOSE_ANSWER, OWNER);

    assertThatThrownBy(() -> store().open(Map.of(opened.key(), Epoch.NONE), claim(2)))
        .isInstanceOf(StorageException.Unavailable.class);

    assertThat(commit(batch(opened).items(item(opened, 10)).build())).isEqualTo(new Fenced(false));
    assertThat(store().open(Map.of(opened.key(), Epoch.NONE), claim(3)).getFirst())
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
        proxy().arm(kinds[faults.nextInt(kinds.length)], marker);
        proxy().letGo();
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

    assertThat(store().heads(opened, PositionRange.READY, 999))
        .as("seed %d", seed)
        .extracting(ItemHead::position)
        .containsExactlyElementsOf(expected.keySet());
  }
}

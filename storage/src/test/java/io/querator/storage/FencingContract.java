package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.OpenResult.Opened;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Two owners of one partition, the older one with a turn that waits, runs, or comes late: on every
/// store that writes a turn in one round trip.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class FencingContract {
  protected final RandomGenerator random = RandomGenerator.getDefault();
  protected CutProxy proxy;
  protected PartitionStore older;
  protected PartitionStore newer;
  protected PartitionKey key;
  protected Opened old;

  /// The URL of a fresh database, the same during a test, whose traffic a proxy can read.
  protected abstract String url();

  /// A new store on that database, by this URL of it.
  protected abstract PartitionStore open(String url);

  /// A new session with that database.
  protected abstract Rival rival() throws SQLException;

  @BeforeAll
  void start() throws IOException {
    proxy = CutProxy.before(url());
    older = open(proxy.through(url()));
    newer = open(url());
  }

  @AfterAll
  void stop() throws IOException {
    older.close();
    newer.close();
    proxy.close();
  }

  @BeforeEach
  void openOld() {
    key = PartitionKey.random(random);
    older.create(key);
    old = (Opened) older.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
    Batch batch =
        batch(old)
            .items(item(old, 1), item(old, 2), item(old, 3))
            .leases(lease(old, 4, positions(old, 1, 2)))
            .keys(new KeyEntry(KeyHash.of('k', "kept"), KeyEntry.KEPT, KeyHash.of('r', ""), 1, 1))
            .build();
    assertThat(older.commit(List.of(batch)).getFirst()).isInstanceOf(Committed.class);
  }

  protected Batch everyKindOfChange() {
    long moved = Position.ready(old.epoch(), 1);
    return batch(old)
        .items(item(old, 10, "late-marker"), item(old, 11))
        .moves(
            new Move(moved, Position.ready(old.epoch(), 12), Samples.NOW, ItemHead.READY, 1, null))
        .removed(positions(old, 2, 3))
        .leases(lease(old, 13, positions(old, 10, 12)))
        .endedLeases(Position.ready(old.epoch(), 4))
        .keys(new KeyEntry(KeyHash.of('k', "new"), 5, KeyHash.of('r', ""), 1, 1))
        .removedKeys(KeyHash.of('k', "kept"))
        .lowWater(new LowWater(99, -1))
        .build();
  }

  protected CompletableFuture<CommitResult> commitLate(Batch batch) {
    return Async.supply(() -> older.commit(List.of(batch)).getFirst());
  }

  protected Opened takeOver() {
    return (Opened) newer.open(Map.of(key, old.epoch()), claim(2)).getFirst();
  }

  protected void assertNothingOfItAppears(Opened current) {
    assertThat(newer.heads(current, PositionRange.READY, 99))
        .extracting(ItemHead::position)
        .containsExactly(
            Position.ready(old.epoch(), 1),
            Position.ready(old.epoch(), 2),
            Position.ready(old.epoch(), 3));
    assertThat(newer.leases(current)).hasSize(1);
    Set<KeyHash> hashes = Set.of(KeyHash.of('k', "kept"), KeyHash.of('k', "new"));
    assertThat(newer.keys(current, hashes, 0)).containsOnlyKeys(KeyHash.of('k', "kept"));
    assertThat(((Opened) newer.reopen(current)).lowWater()).isEqualTo(LowWater.NONE);
  }

  /// What an owner may be told whose session was ended by a take-over.
  protected void assertEnded(CommitResult result) {
    assertThat(result).isEqualTo(new Fenced(true));
  }

  @Test
  void aStatementThatWaitsForTheTakeOverIsRefused() throws Exception {
    try (Rival takeOver = rival()) {
      takeOver.raise(key);
      CompletableFuture<CommitResult> late = commitLate(everyKindOfChange());
      takeOver.awaitBlocked();

      takeOver.commit();

      assertThat(late.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(false));
    }
    assertNothingOfItAppears((Opened) newer.open(Map.of(key, old.epoch()), claim(3)).getFirst());
  }

  /// The database was restored from a backup, and gave another process the epoch that ours has.
  @Test
  void anEpochThatAnotherProcessHasIsRefused() throws Exception {
    try (Rival restored = rival()) {
      restored.disown(key);
      restored.commit();
    }

    assertThat(older.commit(List.of(everyKindOfChange())).getFirst()).isEqualTo(new Fenced(false));

    assertNothingOfItAppears(takeOver());
  }

  @Test
  void aRunningStatementThatHangsIsEndedByTheTakeOver() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(key);
      CompletableFuture<CommitResult> late = commitLate(everyKindOfChange());
      rival.awaitBlocked();

      Opened current = takeOver();

      assertEnded(late.get(20, TimeUnit.SECONDS));
      rival.rollback();
      assertNothingOfItAppears(current);
    }
  }

  @Test
  void aRunningStatementThatEndsInTimeIsSeenByTheNewOwner() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(key);
      CompletableFuture<CommitResult> last = commitLate(everyKindOfChange());
      rival.awaitBlocked();
      CompletableFuture<Opened> takeOver = Async.supply(this::takeOver);
      rival.rollback();

      assertThat(last.get(20, TimeUnit.SECONDS)).isInstanceOf(Committed.class);
      Opened current = takeOver.get(20, TimeUnit.SECONDS);
      assertThat(newer.heads(current, PositionRange.READY, 99))
          .extracting(ItemHead::position)
          .containsExactly(
              Position.ready(old.epoch(), 10),
              Position.ready(old.epoch(), 11),
              Position.ready(old.epoch(), 12));
    }
  }

  @Test
  void aStatementThatArrivesAfterTheTakeOverHasNoEffect() throws Exception {
    proxy.arm(CutProxy.Fault.DELAY_REQUEST, "late-marker");
    CompletableFuture<CommitResult> late = commitLate(everyKindOfChange());
    proxy.awaitSeen();
    Opened current = takeOver();

    proxy.letGo();

    assertThat(late.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(false));
    assertNothingOfItAppears(current);
  }

  @Test
  void manyPartitionsAreTakenOverAlthoughOneHangs() throws Exception {
    Map<PartitionKey, Epoch> keys = new HashMap<>(Map.of(key, old.epoch()));
    for (int i = 0; i < 20; i++) {
      PartitionKey other = PartitionKey.random(random);
      older.create(other);
      keys.put(other, Epoch.NONE);
    }
    try (Rival rival = rival()) {
      rival.lockItems(key);
      CompletableFuture<CommitResult> late = commitLate(everyKindOfChange());
      rival.awaitBlocked();

      List<OpenResult> results = newer.open(keys, claim(2));

      assertThat(results).hasSize(21).allMatch(Opened.class::isInstance);
      assertEnded(late.get(20, TimeUnit.SECONDS));
    }
  }

  @Test
  void twoWhoOpenTheSamePartitionsDoNotEndEachOther() throws Exception {
    Map<PartitionKey, Epoch> keys = new HashMap<>();
    for (int i = 0; i < 50; i++) {
      PartitionKey other = PartitionKey.random(random);
      older.create(other);
      keys.put(other, Epoch.NONE);
    }
    for (int round = 0; round < 20; round++) {
      long version = 10 + 2L * round;

      CompletableFuture<List<OpenResult>> first =
          Async.supply(() -> older.open(keys, claim(version)));
      List<OpenResult> second = newer.open(keys, claim(version + 1));

      assertThat(second).allMatch(Opened.class::isInstance);
      assertThat(first.get(20, TimeUnit.SECONDS)).hasSize(50);
    }
  }
}

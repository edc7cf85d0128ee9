package io.querator.storage.jdbc;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.Position;
import io.querator.storage.Samples;
import io.querator.storage.TestPostgres;
import io.querator.storage.UnknownOutcomeContract;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Connections that break at the worst moments: the caller is told the truth, nothing is lost,
/// nothing is there twice.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PostgresUnknownOutcomeIT extends UnknownOutcomeContract {
  /// In a turn that is not prepared yet.
  private static final String TURN = "FOR SHARE";

  private TestPostgres.Database database;
  private CutProxy proxy;
  private PostgresPartitionStore store;

  @BeforeAll
  void start() throws IOException {
    database = TestPostgres.database();
    proxy = CutProxy.before(database.jdbcUrl());
    store =
        PostgresPartitionStore.open(
            TestStores.settings(database, proxy.through(database.jdbcUrl()), COMMIT_TIMEOUT), null);
  }

  @AfterAll
  void stop() throws IOException {
    store.close();
    proxy.close();
  }

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected CutProxy proxy() {
    return proxy;
  }

  @Test
  void aTurnThatHangsInsideTheServerIsNotCommitted() throws Exception {
    try (Rival rival = new Rival(database)) {
      rival.execute("SELECT 1 FROM querator.q_" + opened.key() + " FOR UPDATE");
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
    try (Rival rival = new Rival(database)) {
      rival.execute("SELECT 1 FROM querator.q_" + opened.key() + " FOR UPDATE");

      assertThat(commit(addAndRemove())).isEqualTo(new NotCommitted(new Epoch(2)));

      rival.rollback();
    }
    assertThat(counts()).containsExactly(1L, 2L, 3L);
  }

  @ParameterizedTest
  @EnumSource(names = {"LOSE_REQUEST", "LOSE_ANSWER"})
  void removalsAloneAreRepeated(CutProxy.Fault fault) {
    proxy.arm(fault, TURN);

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
      proxy.arm(fault, TURN);

      CommitResult result = commit(TurnEvidence.under(opened, sent));

      Epoch next = new Epoch(opened.epoch().value() + 1);
      assertThat(result)
          .isEqualTo(written ? new Committed(next, OptionalLong.empty()) : new NotCommitted(next));
      opened = opened.at(next);
    }
    assertThat(counts().contains(51L)).isEqualTo(written);
    assertThat(store.leases(opened)).hasSize(written ? 1 : 0);
  }

  @Test
  void anOwnerThatWasDeposedMeanwhileDoesNotKnow() {
    PostgresPartitionStore other = PostgresPartitionStore.open(TestStores.settings(database), null);
    try (other) {
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      CompletableFuture<CommitResult> result =
          CompletableFuture.supplyAsync(() -> commit(addAndRemove()));
      proxy.awaitSeen();
      other.open(Map.of(opened.key(), Epoch.NONE), claim(2));
      proxy.letGo();

      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(true));
    } catch (Exception e) {
      throw new AssertionError(e);
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
}

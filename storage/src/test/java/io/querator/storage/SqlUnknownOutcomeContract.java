package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static io.querator.storage.Samples.lease;
import static io.querator.storage.Samples.positions;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.OpenResult.Opened;
import java.io.IOException;
import java.sql.SQLException;
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

/// [UnknownOutcomeContract] of stores on SQL databases, with a session that holds rows.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SqlUnknownOutcomeContract extends UnknownOutcomeContract {
  protected CutProxy proxy;
  protected PartitionStore store;

  /// The URL of a fresh database, the same during a test, whose traffic a proxy can read.
  protected abstract String url();

  /// A new store on that database, by this URL of it, with [#COMMIT_TIMEOUT].
  protected abstract PartitionStore open(String url);

  /// A new session with that database.
  protected abstract Rival rival() throws SQLException;

  /// What is in every turn on its way to the server.
  protected abstract String turnMarker();

  @Override
  protected final PartitionStore store() {
    return store;
  }

  @Override
  protected final CutProxy proxy() {
    return proxy;
  }

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

  @Test
  void aTurnThatHangsInsideTheServerIsNotCommitted() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(opened.key());
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      CompletableFuture<CommitResult> result = Async.supply(() -> commit(addAndRemove()));
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
      CompletableFuture<CommitResult> result = Async.supply(() -> commit(addAndRemove()));
      proxy.awaitSeen();
      other.open(Map.of(opened.key(), Epoch.NONE), claim(2));
      proxy.letGo();

      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(true));
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

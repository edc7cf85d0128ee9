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
import io.querator.storage.Async;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.CutProxy;
import io.querator.storage.CutProxy.Fault;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.Samples;
import io.querator.storage.StorageException;
import io.querator.storage.UnknownOutcomeContract;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Connections that break at the worst moments: the caller is told the truth, nothing is lost,
/// nothing is there twice.
@Order(1)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MongoUnknownOutcomeIT extends UnknownOutcomeContract {
  /// In every turn.
  private static final String TURN = "takeover";

  private MongoSettings settings;
  private CutProxy proxy;
  private MongoPartitionStore store;

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

  @Override
  protected PartitionStore store() {
    return store;
  }

  @Override
  protected CutProxy proxy() {
    return proxy;
  }

  /// Removed rows are deleted after the commit.
  @Override
  protected boolean tellsRemovedRows() {
    return false;
  }

  @Test
  void isToBeOpenedAgainWhenTheDatabaseWentAwayDuringATurn() throws Exception {
    doesNotKnowWhenTheDatabaseGoesAwayDuringATurn();

    assertThat(commit(batch(opened).items(item(opened, 20)).build()))
        .as("before it is opened again")
        .isEqualTo(new Unavailable(false));
    opened = (Opened) store.reopen(opened);
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  private static CommitResult committed(long epoch) {
    return new Committed(new Epoch(epoch), OptionalLong.empty());
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
      CompletableFuture<CommitResult> result = Async.supply(() -> commit(addAndRemove()));
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
}

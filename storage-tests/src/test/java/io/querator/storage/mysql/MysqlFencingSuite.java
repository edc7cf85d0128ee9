package io.querator.storage.mysql;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CutProxy;
import io.querator.storage.Epoch;
import io.querator.storage.FencingContract;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.Rival;
import io.querator.storage.StorageException;
import io.querator.storage.StoredLease;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// On either server.
abstract class MysqlFencingSuite extends FencingContract {
  private final TestMysql.Database database;

  MysqlFencingSuite(Kind kind) {
    database = TestMysql.database(kind);
  }

  @Override
  protected String url() {
    return database.url();
  }

  @Override
  protected PartitionStore open(String url) {
    return MysqlPartitionStore.open(
        MysqlStores.settings(database, url, Duration.ofSeconds(10)), null);
  }

  @Override
  protected Rival rival() throws SQLException {
    return new MysqlRival(database);
  }

  /// Its wait for a lock may end first, and between the end of its session and the take-over's next
  /// attempt it may raise its own epoch once more.
  @Override
  protected void assertEnded(CommitResult result) {
    assertThat(result).isInstanceOfAny(Fenced.class, NotCommitted.class);
  }

  /// A turn that fails half-way, and whose owner hangs before it ends the transaction: the session
  /// does nothing, and holds the fence row.
  private CompletableFuture<CommitResult> failHalfWay() throws Exception {
    Batch doubled = batch(old).items(item(old, 10, "half-marker")).leases(existingLease()).build();
    proxy.arm(CutProxy.Fault.SWALLOW_ANSWER, "half-marker");
    CompletableFuture<CommitResult> failed = commitLate(doubled);
    proxy.awaitSeen();
    return failed;
  }

  private StoredLease existingLease() {
    return older.leases(old).getFirst();
  }

  @Test
  void aSessionThatFailedHalfWayAndWasLeftIsEndedByTheTakeOver() throws Exception {
    CompletableFuture<CommitResult> failed = failHalfWay();

    Opened current = takeOver();

    assertNothingOfItAppears(current);
    assertEnded(failed.get(20, TimeUnit.SECONDS));
    assertNothingOfItAppears(current);
  }

  @Test
  void nothingOfATurnThatFailedHalfWayIsKeptByTheNextOne() {
    Batch doubled = batch(old).items(item(old, 10)).leases(existingLease()).build();

    CommitResult refused = older.commit(List.of(doubled)).getFirst();
    CommitResult next = older.commit(List.of(batch(old).items(item(old, 11)).build())).getFirst();

    assertThat(refused).isInstanceOf(CommitResult.Refused.class);
    assertThat(next).isInstanceOf(Committed.class);
    assertThat(older.heads(old, PositionRange.READY, 99))
        .extracting(head -> head.position() & 0xFFFF)
        .containsExactly(1L, 2L, 3L, 11L);
  }

  @Test
  void aTurnThatWaitsTooLongForALockIsNotExecuted() throws Exception {
    try (Rival rival = rival()) {
      rival.lockItems(key);
      CompletableFuture<CommitResult> result = commitLate(everyKindOfChange());
      rival.awaitBlocked();

      assertThat(result.get(30, TimeUnit.SECONDS))
          .isIn(new CommitResult.Unavailable(false), new NotCommitted(new Epoch(2)));
    }
    assertNothingOfItAppears(takeOver());
  }

  /// The rival has changed more, so that the server chooses the turn as the victim; then the turn
  /// is executed again.
  @Test
  void aDeadLockVictimIsExecutedAgain() throws Exception {
    try (Rival rival = rival()) {
      rival.execute("CREATE TABLE IF NOT EXISTS heavy (a INT PRIMARY KEY, b INT)");
      rival.execute("DELETE FROM heavy");
      rival.execute(
          "INSERT INTO heavy WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT i, i FROM n");
      rival.lockItems(key);
      CompletableFuture<CommitResult> result = commitLate(everyKindOfChange());
      rival.awaitBlocked();

      // The turn holds the fence row and waits for an item; now the rival waits for the fence row.
      rival.execute("UPDATE fence SET opened_at = 1 WHERE partition_key = " + key.bits());
      rival.rollback();

      assertThat(result.get(30, TimeUnit.SECONDS)).isInstanceOf(Committed.class);
    }
  }

  @Test
  void aKilledSessionIsResolved() throws Exception {
    proxy.arm(CutProxy.Fault.DELAY_REQUEST, "late-marker");
    CompletableFuture<CommitResult> result = commitLate(everyKindOfChange());
    proxy.awaitSeen();
    kill();
    proxy.letGo();

    assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo(new NotCommitted(new Epoch(2)));
    assertNothingOfItAppears(takeOver());
  }

  /// Ends all sessions of this test's stores that write turns.
  private void kill() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      String session;
      try (ResultSet row =
          statement.executeQuery("SELECT session FROM fence WHERE partition_key = " + key.bits())) {
        row.next();
        session = row.getString(1);
      }
      Sessions sessions = Sessions.parse(session);
      for (int slot = 0; slot < Sessions.SLOTS; slot++) {
        String lock = sessions.lock(sessions.lane(key), slot);
        try (ResultSet row = statement.executeQuery("SELECT IS_USED_LOCK('" + lock + "')")) {
          row.next();
          if (row.getString(1) != null) {
            statement.execute("KILL " + row.getString(1));
          }
        }
      }
    }
  }

  /// A person's session, say. Who holds a lock is told only to accounts with more rights.
  @Test
  void aLockOfSomebodyElseMakesATakeOverFailInTime() throws Exception {
    try (Rival rival = rival()) {
      rival.execute("SELECT 1 FROM fence WHERE partition_key = " + key.bits() + " FOR UPDATE");

      assertThatThrownBy(this::takeOver)
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("cannot take over partitions");
    }
    assertThat(newer.open(Map.of(key, old.epoch()), claim(3)).getFirst())
        .isInstanceOf(Opened.class);
  }
}

package io.querator.storage.jdbc;

import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.Epoch;
import io.querator.storage.FencingContract;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.Rival;
import io.querator.storage.TestPostgres;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("who is ended must not come back sooner than the one who ends it goes on")
final class PostgresFencingIT extends FencingContract {
  private final TestPostgres.Database database = TestPostgres.database();

  @Override
  protected String url() {
    return database.jdbcUrl();
  }

  @Override
  protected PartitionStore open(String url) {
    return PostgresPartitionStore.open(
        TestStores.settings(database, url, Duration.ofSeconds(10)), null);
  }

  @Override
  protected Rival rival() throws SQLException {
    return new PostgresRival(database);
  }

  @Test
  void aStatementThatWaitsForItsTableIsRefusedAfterTheTakeOver() throws Exception {
    try (Rival rival = rival()) {
      rival.execute("LOCK TABLE querator.q_" + key + " IN ACCESS EXCLUSIVE MODE");
      CompletableFuture<CommitResult> late = commitLate(everyKindOfChange());
      rival.awaitBlocked();

      Opened current = takeOver();
      rival.rollback();

      assertThat(late.get(20, TimeUnit.SECONDS)).isEqualTo(new Fenced(false));
      assertNothingOfItAppears(current);
    }
  }

  @Test
  void aHangingTransactionOnTheFenceIsEnded() throws Exception {
    try (Rival rival = rival()) {
      rival.execute("SELECT 1 FROM querator.fence WHERE partition = " + key.bits() + " FOR UPDATE");

      assertThat(takeOver().epoch()).isEqualTo(new Epoch(2));

      assertThat(rival.isEnded()).isTrue();
    }
  }

  @Test
  void aHangingStatementDoesNotKeepAPartitionFromBeingDropped() throws Exception {
    try (Rival rival = rival()) {
      rival.execute("SELECT 1 FROM querator.fence WHERE partition = " + key.bits() + " FOR SHARE");

      newer.drop(key);

      assertThat(rival.isEnded()).isTrue();
    }
    assertThat(newer.open(Map.of(key, Epoch.NONE), claim(2)))
        .containsExactly(new OpenResult.Missing(key));
  }
}

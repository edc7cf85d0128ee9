package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CutProxy;
import io.querator.storage.Epoch;
import io.querator.storage.PartitionStore;
import io.querator.storage.Rival;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import io.querator.storage.UnknownOutcomeContract;
import java.sql.SQLException;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// On either server.
abstract class MysqlUnknownOutcomeSuite extends UnknownOutcomeContract {
  private final TestMysql.Database database;

  MysqlUnknownOutcomeSuite(Kind kind) {
    database = TestMysql.database(kind);
  }

  @Override
  protected String url() {
    return database.url();
  }

  @Override
  protected PartitionStore open(String url) {
    return MysqlPartitionStore.open(MysqlStores.settings(database, url, COMMIT_TIMEOUT), null);
  }

  @Override
  protected Rival rival() throws SQLException {
    return new MysqlRival(database);
  }

  @Override
  protected String turnMarker() {
    return "LOCK IN SHARE MODE";
  }

  /// A backup holds back all commits: the turn has been executed up to COMMIT, and its connection
  /// is lost while COMMIT waits.
  @Test
  void aTurnThatIsCutDuringItsCommitIsResolvedToTheTruth() throws Exception {
    CompletableFuture<CommitResult> result;
    try (Rival backup = rival()) {
      backup.execute("FLUSH TABLES WITH READ LOCK");
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      Batch sent = addAndRemove();
      result = CompletableFuture.supplyAsync(() -> commit(sent));
      proxy.awaitSeen();
      proxy.letGo();
      backup.execute("UNLOCK TABLES");
    }

    CommitResult told = result.get(20, TimeUnit.SECONDS);

    assertThat(told)
        .isIn(new Committed(new Epoch(2), OptionalLong.empty()), new NotCommitted(new Epoch(2)));
    assertThat(counts().contains(10L)).isEqualTo(told instanceof Committed);
  }
}

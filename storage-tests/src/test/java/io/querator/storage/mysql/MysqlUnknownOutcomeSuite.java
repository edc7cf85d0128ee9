package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.Async;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CutProxy;
import io.querator.storage.Epoch;
import io.querator.storage.PartitionStore;
import io.querator.storage.Rival;
import io.querator.storage.SqlUnknownOutcomeContract;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// On either server.
abstract class MysqlUnknownOutcomeSuite extends SqlUnknownOutcomeContract {
  private final TestMysql.Database database;

  MysqlUnknownOutcomeSuite(Kind kind) {
    database = TestMysql.changeableDatabase(kind);
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

  /// The server is made to wait for a second within COMMIT.
  @Test
  void aTurnThatIsCutDuringItsCommitIsResolvedToTheTruth() throws Exception {
    CompletableFuture<CommitResult> result;
    delayCommits(1_000_000);
    try {
      proxy.arm(CutProxy.Fault.HOLD_ANSWER, "marker");
      Batch sent = addAndRemove();
      result = Async.supply(() -> commit(sent));
      proxy.awaitSeen();
      awaitCommit();
    } finally {
      delayCommits(0);
    }

    proxy.letGo();

    assertThat(result.get(20, TimeUnit.SECONDS))
        .isEqualTo(new Committed(new Epoch(2), OptionalLong.empty()));
    assertThat(counts()).containsExactly(2L, 3L, 10L);
  }

  private void delayCommits(long micros) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      switch (database.kind()) {
        case MYSQL -> statement.execute("SET GLOBAL binlog_group_commit_sync_delay = " + micros);
        case MARIADB -> {
          statement.execute("SET GLOBAL binlog_commit_wait_usec = " + Math.max(micros, 1));
          statement.execute("SET GLOBAL binlog_commit_wait_count = " + (micros > 0 ? 1_000 : 0));
        }
      }
    }
  }

  /// Waits until a session of this database executes COMMIT.
  private void awaitCommit() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> {
            try (ResultSet row =
                statement.executeQuery(
                    "SELECT COUNT(*) FROM information_schema.processlist WHERE db = DATABASE() AND info = 'COMMIT'")) {
              return row.next() && row.getInt(1) > 0;
            }
          });
    }
  }
}

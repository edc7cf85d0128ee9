package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.querator.client.message.QueueLeaseItem;
import io.querator.client.message.QueueLeaseResponse;
import io.querator.client.message.QueuePartitionStats;
import io.querator.storage.TestMysql;
import io.querator.storage.TestPostgres;
import io.querator.storage.mongo.TestMongo;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/// A node on MySQL, on MariaDB and on what speaks MongoDB's protocol, and on all kinds of databases
/// at once.
final class DatabaseKindsIT {
  private static final String HISTORY_LOST = "storage_history_lost";

  /// Further kinds than the default.
  enum Kind {
    MYSQL,
    MARIADB,
    MONGODB
  }

  private static TestServer on(Kind kind) {
    return TestServer.onStorages(
        switch (kind) {
          case MYSQL -> storage(0, TestMysql.database(TestMysql.Kind.MYSQL));
          case MARIADB -> storage(0, TestMysql.database(TestMysql.Kind.MARIADB));
          case MONGODB -> TestServer.storage(0, TestMongo.databaseUrl(), "", "");
        });
  }

  private static List<String> storage(int index, TestMysql.Database database) {
    return TestServer.storage(index, database.url(), database.user(), database.password());
  }

  @ParameterizedTest
  @EnumSource
  void servesAQueue(Kind kind) {
    try (TestServer server = on(kind)) {
      TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));

      queue.produce("first", "second", "third 😀");
      queue.produce(Times.scheduled(TestQueue.item("later"), Duration.ofMillis(300)));
      List<String> leased = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        QueueLeaseResponse lease = queue.lease(1);
        leased.add(lease.getItems(0).getReference());
        queue.complete(lease);
      }

      assertThat(leased).hasSize(4);
      assertThat(queue.isEmpty()).isTrue();
      assertThat(queue.items()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void retriesAndThenDeliversToTheDeadQueue(Kind kind) {
    try (TestServer server = on(kind)) {
      TestQueue dead = server.queue();
      TestQueue queue = server.queue(info -> info.setDeadQueue(dead.name()).setMaxAttempts(2));

      queue.produce("poisoned");
      String first = queue.leaseOne().getId();
      assertThat(queue.retry(TestQueue.retried(first)).status()).isEqualTo(200);
      QueueLeaseItem again = queue.leaseOne();
      assertThat(again.getAttempts()).isEqualTo(2);
      assertThat(queue.retry(TestQueue.retried(again.getId()).setDead(true)).status())
          .isEqualTo(200);

      assertThat(dead.leaseOne().getBytes().toStringUtf8()).isEqualTo("poisoned");
    }
  }

  @ParameterizedTest
  @EnumSource
  void knowsQueuesItemsAndLeasesAgainAfterARestart(Kind kind) {
    try (TestServer server = on(kind)) {
      TestQueue queue = server.queue(info -> info.setRequestedPartitions(2));
      for (int i = 0; i < 100; i++) {
        queue.produce("item " + i);
      }
      QueueLeaseResponse held = queue.lease(10);

      server.restart();

      queue.complete(held);
      int left = 100 - held.getItemsCount();
      await()
          .untilAsserted(() ->
              assertThat(
                      queue.stats().getPartitionsList().stream()
                          .mapToInt(QueuePartitionStats::getTotal)
                          .sum())
                  .isEqualTo(left));
      assertThat(queue.stats().getPartitionsList())
          .extracting(QueuePartitionStats::getFailures)
          .containsOnly(0);
    }
  }

  @Test
  void oneQueueLiesOnDatabasesOfSeveralKinds() throws SQLException {
    TestPostgres.Database postgres = TestPostgres.database();
    TestMysql.Database mysql = TestMysql.database(TestMysql.Kind.MYSQL);
    TestMysql.Database mariadb = TestMysql.database(TestMysql.Kind.MARIADB);
    List<String> flags =
        new ArrayList<>(
            TestServer.storage(0, postgres.jdbcUrl(), postgres.user(), postgres.password()));
    flags.addAll(storage(1, mysql));
    flags.addAll(storage(2, mariadb));
    flags.addAll(TestServer.storage(3, TestMongo.databaseUrl(), "", ""));
    try (TestServer server = TestServer.onStorages(flags)) {
      TestQueue queue = server.queue(info -> info.setRequestedPartitions(8));

      for (int i = 0; i < 80; i++) {
        queue.produce("item " + i);
      }

      // the rehearsal of a start has a table for a while, too
      await().untilAsserted(() -> assertThat(partitions(mysql)).isEqualTo(2));
      await().untilAsserted(() -> assertThat(partitions(mariadb)).isEqualTo(2));
      assertThat(queue.stats().getPartitionsList())
          .hasSize(8)
          .allMatch(partition -> partition.getTotal() > 0);
      int leased = 0;
      while (leased < 80) {
        QueueLeaseResponse lease = queue.lease(20);
        leased += lease.getItemsCount();
        queue.complete(lease);
      }
      assertThat(queue.isEmpty()).isTrue();
    }
  }

  /// A restored backup: the epoch of the partition is lower than what the node has seen.
  @ParameterizedTest
  @EnumSource(names = {"MYSQL", "MARIADB"})
  void noticesARestoredBackup(Kind kind) throws Exception {
    TestMysql.Database database = TestMysql.database(TestMysql.Kind.valueOf(kind.name()));
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.list = new CopyOnWriteArrayList<>();
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(log);
    try (TestServer server = TestServer.onStorages(storage(0, database))) {
      TestQueue queue = server.queue();
      server.restart();
      queue.produce("nothing was restored");
      assertThat(log.list).extracting(ILoggingEvent::getMessage).doesNotContain(HISTORY_LOST);
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        assertThat(statement.executeUpdate("UPDATE fence SET epoch = 1 WHERE epoch > 1"))
            .isEqualTo(1);
      }

      server.restart();

      queue.produce("goes on above it");
      assertThat(log.list)
          .filteredOn(event -> event.getMessage().equals(HISTORY_LOST))
          .allMatch(event -> event.getLevel() == Level.ERROR)
          .anySatisfy(event ->
              assertThat(event.getKeyValuePairs()).extracting(pair -> pair.key).contains("epoch"));
    } finally {
      root.detachAppender(log);
    }
  }

  private static int partitions(TestMysql.Database database) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT COUNT(*) FROM fence")) {
      row.next();
      return row.getInt(1);
    }
  }
}

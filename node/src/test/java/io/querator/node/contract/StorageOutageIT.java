package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.client.Call;
import io.querator.client.message.QueueInfo;
import io.querator.storage.StoppableServer;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysqlServer;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import io.querator.storage.mongo.TestMongo;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// One queue on several databases of several kinds, of which one hangs or dies under load: the
/// partitions of the others go on at no less than [#LEAST] of their own rate.
///
/// The rates are of one run, one after the other: how long the others take for as many items as
/// they have completed before.
@Tag("timed")
class StorageOutageIT {
  private static final int PARTITIONS = 8;

  /// More than are ever under way in one partition together.
  private static final int PAIRS = 24;

  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration MEASURED = Duration.ofSeconds(4);
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int WARM = 4_000;
  private static final double LEAST = 0.8;

  private static List<String> storage(int index, TestMysql.Database database) {
    return TestServer.storage(index, database.url(), database.user(), database.password());
  }

  private static List<String> storage(int index, TestPostgres.Database database) {
    return TestServer.storage(index, database.jdbcUrl(), database.user(), database.password());
  }

  @Test
  void aStorageThatIsAwayTakesOnlyItsOwnPartitionsWithIt() {
    try (TestMysqlServer mysql = TestMysql.ownServer(TestMysql.Kind.MYSQL)) {
      List<String> flags = new ArrayList<>(storage(0, TestPostgres.database()));
      flags.addAll(storage(1, mysql.createDatabase()));
      flags.addAll(storage(2, TestMysql.database(TestMysql.Kind.MARIADB)));
      flags.addAll(TestServer.storage(3, TestMongo.databaseUrl(), "", ""));
      try (TestServer server = TestServer.onStorages(flags)) {
        outages(server, mysql, "storage-1", () -> {});
      }
    }
  }

  /// Takes two minutes, which `verify` has not: by `-Dquerator.outages=all`.
  @Test
  @EnabledIfSystemProperty(named = "querator.outages", matches = "all")
  void theOthersAreServedWithoutTheFirstAndItsCatalogue() {
    try (TestPostgresServer postgres = TestPostgres.ownServer()) {
      List<String> flags = new ArrayList<>(storage(0, postgres.database()));
      flags.addAll(storage(1, TestMysql.database(TestMysql.Kind.MARIADB)));
      flags.addAll(TestServer.storage(2, TestMongo.databaseUrl(), "", ""));
      try (TestServer server = TestServer.onStorages(flags)) {
        outages(server, postgres, "default", () -> assertNoQueueCanBeMade(server));
      }
    }
  }

  private static void assertNoQueueCanBeMade(TestServer server) {
    Answer answer =
        server
            .api()
            .send(
                Call.QUEUES_CREATE,
                QueueInfo.newBuilder()
                    .setQueueName(TestServer.freshName())
                    .setLeaseTimeout("1m")
                    .setExpireTimeout("1h")
                    .setRequestedPartitions(1));
    assertThat(answer.status()).isEqualTo(454);
  }

  private void outages(
      TestServer server, StoppableServer database, String storage, Runnable whileAway) {
    TestQueue queue =
        server.queue(info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
    List<Integer> away = partitions(server, queue, storage);
    List<Integer> others = new ArrayList<>();
    for (int partition = 0; partition < PARTITIONS; partition++) {
      if (!away.contains(partition)) {
        others.add(partition);
      }
    }
    assertThat(away).isNotEmpty();
    Traffic traffic = new Traffic(server.api(), queue, PARTITIONS, TIMEOUT).startUnkeyed(PAIRS);
    try {
      awaitMore(traffic, others, WARM);

      double hanging = share(traffic, others, database::pause);
      whileAway.run();
      database.resume();
      awaitMore(traffic, away, 1);
      double dead = share(traffic, others, database::kill);
      whileAway.run();
      assertWarned(server, storage);
      database.start();
      awaitMore(traffic, away, 1);

      System.out.printf(
          "%s away: the others at %.2f of their rate while it hangs, %.2f while it is down; "
              + "acknowledged %d, refused %d, unknown %d%n",
          storage, hanging, dead, traffic.acknowledged(), traffic.refused(), traffic.unknown());
      assertThat(hanging).isGreaterThanOrEqualTo(LEAST);
      assertThat(dead).isGreaterThanOrEqualTo(LEAST);
      await().atMost(PATIENCE).until(() -> health(server).path("status").asText().equals("pass"));
    } finally {
      traffic.stop();
    }
    traffic.assertNothingLost();
  }

  /// The numbers of the partitions on a storage.
  private static List<Integer> partitions(TestServer server, TestQueue queue, String storage) {
    List<Integer> numbers = new ArrayList<>();
    for (JsonNode partition : json(server.api().get("/cluster")).path("partitions")) {
      if (partition.path("queue_name").asText().equals(queue.name())
          && partition.path("storage").asText().equals(storage)) {
        numbers.add(partition.path("partition").asInt());
      }
    }
    return numbers;
  }

  private static void assertWarned(TestServer server, String storage) {
    await().atMost(PATIENCE).until(() -> health(server).path("status").asText().equals("warn"));
    assertThat(health(server).findValue("output").asText()).startsWith(storage + ": ");
    assertThat(server.api().get("/health/ready").status()).isEqualTo(200);
  }

  private static JsonNode health(TestServer server) {
    return json(server.api().get("/health"));
  }

  private static JsonNode json(Answer answer) {
    try {
      return new ObjectMapper().readTree(answer.text());
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// @param outage begins it
  /// @return the rate of the `others` from that moment on, relative to the one before
  private static double share(Traffic traffic, List<Integer> others, Runnable outage) {
    long before = completed(traffic, others);
    await().pollDelay(MEASURED).until(() -> true);
    long items = completed(traffic, others) - before;

    outage.run();
    long began = System.nanoTime();
    awaitMore(traffic, others, items);
    Duration took = Duration.ofNanos(System.nanoTime() - began);

    return (double) MEASURED.toNanos() / took.toNanos();
  }

  private static long completed(Traffic traffic, List<Integer> partitions) {
    return partitions.stream().mapToLong(traffic::completedIn).sum();
  }

  private static void awaitMore(Traffic traffic, List<Integer> partitions, long items) {
    long enough = completed(traffic, partitions) + items;
    await()
        .atMost(PATIENCE)
        .until(() -> completed(traffic, partitions) >= enough || traffic.ended());
  }
}

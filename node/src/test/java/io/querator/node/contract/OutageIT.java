package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/// A database that is stopped under load, stays away, and comes back: callers are told within their
/// timeouts, nothing acknowledged is lost, and the node goes on by itself.
///
/// It stays away until the node has told of it and a number of calls were refused, or for
/// `-Dquerator.outage.seconds=20`.
class OutageIT {
  private static final int PARTITIONS = 3;
  private static final int PAIRS = 4;
  private static final int MANY = 100;
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /// From the moment that the database accepts connections.
  private static final Duration BACK_WITHIN = Duration.ofSeconds(2);

  @Test
  void goesOnByItselfWhenTheDatabaseIsBack() {
    try (TestPostgresServer database = TestPostgres.ownServer();
        TestServer server = TestServer.on(database.database())) {
      TestQueue queue =
          server.queue(info -> info.setRequestedPartitions(PARTITIONS).setLeaseTimeout("3s"));
      Traffic traffic = new Traffic(server.api(), queue, PARTITIONS, TIMEOUT).start(PAIRS);
      try {
        traffic.awaitMore(MANY);

        database.stop();
        awaitOutage(server, traffic);
        database.start();
        Instant accepts = Instant.now();
        int before = traffic.acknowledged();
        await().atMost(PATIENCE).until(() -> traffic.acknowledged() > before);
        Duration back = Duration.between(accepts, Instant.now());
        traffic.awaitMore(MANY);

        assertThat(back).isLessThan(BACK_WITHIN);
        await().atMost(PATIENCE).until(() -> server.api().get("/health").status() == 200);
        System.out.printf(
            "acknowledged %d, refused %d, unknown %d; back after %d ms%n",
            traffic.acknowledged(), traffic.refused(), traffic.unknown(), back.toMillis());
      } finally {
        traffic.stop();
      }
      traffic.assertNothingLost();
    }
  }

  private static void awaitOutage(TestServer server, Traffic traffic) {
    Instant until = Instant.now().plusSeconds(Integer.getInteger("querator.outage.seconds", 0));
    int refused = traffic.refused() + 3 * PAIRS;
    await().atMost(PATIENCE).until(() -> server.api().get("/health").status() == 503);
    assertThat(server.api().get("/health/live").status()).isEqualTo(200);
    await()
        .atMost(PATIENCE)
        .until(() -> traffic.refused() >= refused && Instant.now().isAfter(until));
  }
}

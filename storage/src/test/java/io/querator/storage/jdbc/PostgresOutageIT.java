package io.querator.storage.jdbc;

import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Counting;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.ProducingOwner;
import io.querator.storage.StorageException;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// A database that is killed under load and started again.
final class PostgresOutageIT {
  @Test
  void losesNothingThatWasAcknowledgedAndGoesOnByItself() throws Exception {
    try (TestPostgresServer server = TestPostgres.ownServer();
        PostgresPartitionStore store = store(server)) {
      PartitionKey key = new PartitionKey(42);
      store.create(key);
      Opened first = (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
      ProducingOwner writer = new ProducingOwner(store, first);
      CompletableFuture<Void> writing = CompletableFuture.runAsync(writer);
      writer.awaitMore();

      server.kill();
      assertThatThrownBy(store::databaseTime).isInstanceOf(StorageException.Unavailable.class);
      server.start();
      long restarted = System.nanoTime();
      store.databaseTime();
      writer.awaitMore();
      Duration pause = Duration.ofNanos(System.nanoTime() - restarted);
      writer.stop();
      writing.get(20, TimeUnit.SECONDS);

      assertThat(pause).isLessThan(Duration.ofSeconds(2));
      assertThat(store.heads(writer.opened(), PositionRange.READY, 1_000_000))
          .extracting(ItemHead::position)
          .containsExactlyElementsOf(writer.acknowledged());
      try (Counting counting =
          store.count(writer.opened(), PositionRange.READY, java.time.Instant.EPOCH)) {
        assertThat(counting.await().items()).isEqualTo(writer.acknowledged().size());
      }
    }
  }

  @Test
  void doesNotOpenWithoutTheDatabase() {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      PostgresSettings settings = TestStores.settings(server.database());
      server.stop();

      assertThatThrownBy(() -> PostgresPartitionStore.open(settings, null))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("postgres://127.0.0.1:");
    }
  }

  private static PostgresPartitionStore store(TestPostgresServer server) {
    TestPostgres.Database database = server.database();
    return PostgresPartitionStore.open(
        TestStores.settings(database, database.jdbcUrl(), Duration.ofSeconds(4)), null);
  }
}

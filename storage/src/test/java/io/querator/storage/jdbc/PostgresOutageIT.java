package io.querator.storage.jdbc;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.Counting;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
      Writer writer = new Writer(store, first);
      CompletableFuture<Void> writing = CompletableFuture.runAsync(writer);
      writer.awaitMore();

      server.kill();
      assertThatThrownBy(store::databaseTime).isInstanceOf(StorageException.Unavailable.class);
      server.start();
      long restarted = System.nanoTime();
      store.databaseTime();
      writer.awaitMore();
      Duration pause = Duration.ofNanos(System.nanoTime() - restarted);
      writer.stop.set(true);
      writing.get(20, TimeUnit.SECONDS);

      assertThat(pause).isLessThan(Duration.ofSeconds(2));
      assertThat(store.heads(writer.opened, PositionRange.READY, 1_000_000))
          .extracting(ItemHead::position)
          .containsExactlyElementsOf(writer.acknowledged);
      try (Counting counting =
          store.count(writer.opened, PositionRange.READY, java.time.Instant.EPOCH)) {
        assertThat(counting.await().items()).isEqualTo(writer.acknowledged.size());
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

  @Test
  void connectsAgainWhenAConnectionBreaksWhileItIsSetUp() throws Exception {
    TestPostgres.Database database = TestPostgres.database();
    try (CutProxy proxy = CutProxy.before(database.jdbcUrl())) {
      proxy.arm(CutProxy.Fault.LOSE_REQUEST, "TRANSACTION ISOLATION LEVEL");
      PostgresSettings settings =
          TestStores.settings(database, proxy.through(database.jdbcUrl()), Duration.ofSeconds(4));
      try (PostgresPartitionStore store = PostgresPartitionStore.open(settings, null)) {
        store.databaseTime();
        for (long key = 1; key <= 2; key++) {
          store.create(new PartitionKey(key));
        }
        proxy.awaitSeen();
      }
    }
  }

  private static PostgresPartitionStore store(TestPostgresServer server) {
    TestPostgres.Database database = server.database();
    return PostgresPartitionStore.open(
        TestStores.settings(database, database.jdbcUrl(), Duration.ofSeconds(4)), null);
  }

  /// Writes items one after the other, and numbers again or opens again as it is told.
  private static final class Writer implements Runnable {
    private final PostgresPartitionStore store;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final TreeSet<Long> acknowledged = new TreeSet<>();
    private Opened opened;
    private long count;

    Writer(PostgresPartitionStore store, Opened opened) {
      this.store = store;
      this.opened = opened;
    }

    void awaitMore() {
      int before = written.get();
      org.awaitility.Awaitility.await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(Duration.ofSeconds(20))
          .until(() -> written.get() > before + 20);
    }

    @Override
    public void run() {
      while (!stop.get()) {
        var item = item(opened, count++);
        CommitResult result = store.commit(List.of(batch(opened).items(item).build())).getFirst();
        switch (result) {
          case Committed(var epoch, _) -> {
            acknowledged.add(item.position());
            written.incrementAndGet();
            opened = opened.at(epoch);
          }
          case NotCommitted(var epoch) -> opened = opened.at(epoch);
          case Unavailable(var mayHaveCommitted) -> reopen(item.position(), mayHaveCommitted);
          default -> throw new AssertionError(result);
        }
      }
    }

    private void reopen(long doubtful, boolean mayHaveCommitted) {
      while (true) {
        try {
          opened = (Opened) store.reopen(opened);
          if (mayHaveCommitted && !store.heads(opened, new long[] {doubtful}).isEmpty()) {
            acknowledged.add(doubtful);
          }
          return;
        } catch (StorageException.Unavailable e) {
          // Still away.
        }
      }
    }
  }
}

package io.querator.storage;

import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.OpenResult.Opened;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// A database that is killed under load and started again.
public abstract class OutageContract {
  /// A new server, which is running.
  protected abstract StoppableServer server();

  /// A new store in a database of it.
  protected abstract PartitionStore open(StoppableServer server, Duration commitTimeout);

  @Test
  void losesNothingThatWasAcknowledgedAndGoesOnByItself() throws Exception {
    try (StoppableServer server = server();
        PartitionStore store = open(server, Duration.ofSeconds(4))) {
      PartitionKey key = new PartitionKey(42);
      store.create(key);
      Opened first = (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
      ProducingOwner writer = new ProducingOwner(store, first);
      CompletableFuture<Void> writing = Async.run(writer);
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
    try (StoppableServer server = server()) {
      server.stop();

      assertThatThrownBy(() -> open(server, Duration.ofSeconds(4)))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("://127.0.0.1:");
    }
  }
}

package io.querator.storage.mongo;

import static io.querator.storage.Samples.claim;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Async;
import io.querator.storage.Counting;
import io.querator.storage.CutProxy;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.ProducingOwner;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// A database that goes away under load and comes back. An emulator keeps its data in memory, so
/// its connections are cut and refused instead.
final class MongoOutageIT {
  @Test
  void losesNothingThatWasAcknowledgedAndGoesOnByItself() throws Exception {
    MongoSettings settings = TestMongo.settings(TestMongo.url(), Duration.ofSeconds(5));
    try (CutProxy proxy = TestMongo.proxy();
        MongoPartitionStore store =
            MongoPartitionStore.open(TestMongo.through(proxy, settings), null)) {
      PartitionKey key = new PartitionKey(42);
      store.create(key);
      Opened first = (Opened) store.open(Map.of(key, Epoch.NONE), claim(1)).getFirst();
      ProducingOwner writer = new ProducingOwner(store, first);
      CompletableFuture<Void> writing = Async.run(writer);
      writer.awaitMore();

      proxy.cutAll();
      assertThatThrownBy(store::databaseTime).isInstanceOf(StorageException.Unavailable.class);
      writer.awaitUnavailable();
      proxy.restore();
      long restarted = System.nanoTime();
      writer.awaitMore();
      Duration pause = Duration.ofNanos(System.nanoTime() - restarted);
      writer.stop();
      writing.get(20, TimeUnit.SECONDS);

      assertThat(pause).isLessThan(Duration.ofSeconds(3));
      assertThat(store.heads(writer.opened(), PositionRange.READY, 1_000_000))
          .extracting(ItemHead::position)
          .containsExactlyElementsOf(writer.acknowledged());
      try (Counting counting = store.count(writer.opened(), PositionRange.READY, Instant.EPOCH)) {
        assertThat(counting.await().items()).isEqualTo(writer.acknowledged().size());
      }
    }
  }

  @Test
  void doesNotOpenWithoutTheDatabase() throws Exception {
    MongoSettings settings = TestMongo.settings(TestMongo.url(), Duration.ofSeconds(2));
    try (CutProxy proxy = TestMongo.proxy()) {
      proxy.cutAll();
      MongoSettings cut = TestMongo.through(proxy, settings);

      assertThatThrownBy(() -> MongoPartitionStore.open(cut, null))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("mongodb://127.0.0.1:");
    }
  }
}

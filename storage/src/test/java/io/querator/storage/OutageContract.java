package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.claim;
import static io.querator.storage.Samples.item;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.OpenResult.Opened;
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
    try (StoppableServer server = server()) {
      server.stop();

      assertThatThrownBy(() -> open(server, Duration.ofSeconds(4)))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("://127.0.0.1:");
    }
  }

  /// Writes items one after the other, and numbers again or opens again as it is told.
  private static final class Writer implements Runnable {
    private final PartitionStore store;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicInteger written = new AtomicInteger();
    private final TreeSet<Long> acknowledged = new TreeSet<>();
    private Opened opened;
    private long count;

    Writer(PartitionStore store, Opened opened) {
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

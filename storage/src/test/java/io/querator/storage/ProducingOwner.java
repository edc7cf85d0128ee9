package io.querator.storage;

import static io.querator.storage.Samples.batch;
import static io.querator.storage.Samples.item;

import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.OpenResult.Opened;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/// Writes items one after the other, and numbers again or opens again as it is told. Runs in a
/// thread of its own; what it has written may be asked for when that has ended.
public final class ProducingOwner implements Runnable {
  private final PartitionStore store;
  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicInteger written = new AtomicInteger();
  private final AtomicInteger unavailable = new AtomicInteger();
  private final TreeSet<Long> acknowledged = new TreeSet<>();
  private Opened opened;
  private long count;

  public ProducingOwner(PartitionStore store, Opened opened) {
    this.store = store;
    this.opened = opened;
  }

  /// Waits until more is written.
  public void awaitMore() {
    int before = written.get();
    await(() -> written.get() > before + 20);
  }

  /// Waits until it was told that the database stays away.
  public void awaitUnavailable() {
    await(() -> unavailable.get() > 0);
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await()
        .pollInterval(Duration.ofMillis(5))
        .atMost(Duration.ofSeconds(20))
        .until(condition);
  }

  public void stop() {
    stop.set(true);
  }

  public Opened opened() {
    return opened;
  }

  /// The positions of all items that are there.
  public TreeSet<Long> acknowledged() {
    return acknowledged;
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
        case Unavailable(var mayHaveCommitted) -> {
          unavailable.incrementAndGet();
          reopen(item.position(), mayHaveCommitted);
        }
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

package io.querator.node.relocation;

import io.querator.queue.CommitListener;
import io.querator.storage.Batch;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.Move;
import io.querator.storage.OpenResult.Opened;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// What a partition's loop has committed since it was last asked for. The loop adds, another thread
/// takes.
///
/// Bounded by letting the loop wait when it has changed much since, so that the copy comes to an
/// end however fast the partition grows.
final class Heard implements CommitListener {
  private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Of what is remembered; a loop that gets here although it has waited is not heard any more.
  private static final int CHANGES_MAX = 1_000_000;

  private final int max;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition taken = lock.newCondition();

  // Guarded by the lock
  private Opened opened;
  private long rows;
  private long[] removed = new long[64];
  private int removedCount;
  private Map<KeyHash, KeyEntry> keys = new LinkedHashMap<>();
  private Set<KeyHash> removedKeys = new HashSet<>();
  private boolean lost;
  private boolean closed;

  /// @param opened as the loop has it
  /// @param max how many rows and keys may change before the loop waits
  Heard(Opened opened, int max) {
    this.opened = opened;
    this.max = max;
  }

  /// @param opened the partition as the loop had it at the last commit
  /// @param rows how many were added
  /// @param removed positions of rows that have gone, rising
  /// @param keys that were added
  /// @param removedKeys that went before `keys` came
  record Changes(
      Opened opened, long rows, long[] removed, List<KeyEntry> keys, List<KeyHash> removedKeys) {}

  @Override
  public void committed(Batch batch) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      opened = batch.partition();
      rows += batch.items().size() + batch.moves().size();
      Arrays.stream(batch.removed()).forEach(this::remove);
      batch.moves().stream().mapToLong(Move::from).forEach(this::remove);
      batch
          .removedKeys()
          .forEach(hash -> {
            keys.remove(hash);
            removedKeys.add(hash);
          });
      batch.keys().forEach(key -> keys.put(key.hash(), key));
      await();
    } finally {
      lock.unlock();
    }
  }

  private void remove(long position) {
    if (removedCount == removed.length) {
      removed = Arrays.copyOf(removed, 2 * removed.length);
    }
    removed[removedCount++] = position;
  }

  private void await() {
    long left = WAIT_NANOS;
    try {
      while (isFull() && !closed && left > 0) {
        left = taken.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (removedCount + keys.size() + removedKeys.size() > CHANGES_MAX) {
      lost = true;
      forget();
    }
  }

  private boolean isFull() {
    return rows + removedCount + keys.size() + removedKeys.size() >= max;
  }

  @Override
  public void lost() {
    lock.lock();
    try {
      lost = true;
    } finally {
      lock.unlock();
    }
  }

  /// What has been committed since the last time.
  ///
  /// @throws CopyException if that is not known
  Changes take() {
    lock.lock();
    try {
      if (lost) {
        throw new CopyException("what was written meanwhile is not known in full");
      }
      long[] positions = Arrays.copyOf(removed, removedCount);
      Arrays.sort(positions);
      Changes changes =
          new Changes(
              opened, rows, positions, new ArrayList<>(keys.values()), List.copyOf(removedKeys));
      forget();
      taken.signalAll();
      return changes;
    } finally {
      lock.unlock();
    }
  }

  private void forget() {
    rows = 0;
    removedCount = 0;
    keys = new LinkedHashMap<>();
    removedKeys = new HashSet<>();
  }

  /// Hears nothing any more; the loop does not wait.
  void close() {
    lock.lock();
    try {
      closed = true;
      forget();
      taken.signalAll();
    } finally {
      lock.unlock();
    }
  }
}

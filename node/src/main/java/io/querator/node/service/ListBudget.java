package io.querator.node.service;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The memory for rows that are being listed, of all lists together: whoever wants more waits.
///
/// Safe for use by many threads. Waiting lists come first in, first out, so that a page of one
/// large item is not put off by many small ones.
final class ListBudget {
  /// A row is in memory as what the driver read, as an item and as text.
  private static final int COPIES = 4;

  private static final int UNIT = 1024;

  private final int max;
  private final Semaphore free;

  ListBudget(long bytes) {
    max = (int) Math.clamp(bytes / UNIT, 1, Integer.MAX_VALUE);
    free = new Semaphore(max, true);
  }

  /// A share for one list, empty at first.
  Share open() {
    return new Share();
  }

  /// What one list holds. Owned by one thread.
  final class Share implements AutoCloseable {
    private int held;

    private Share() {}

    /// Makes it as much as a page of so many bytes takes, giving back what is too much. A page that
    /// is larger than everything there is takes all.
    ///
    /// @return false if that was not free in time
    boolean resize(long pageBytes, long waitMicros) {
      int wanted = (int) Math.clamp(pageBytes * COPIES / UNIT, 1, max);
      if (wanted <= held) {
        free.release(held - wanted);
        held = wanted;
        return true;
      }
      try {
        if (!free.tryAcquire(wanted - held, Math.max(0, waitMicros), TimeUnit.MICROSECONDS)) {
          return false;
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
      held = wanted;
      return true;
    }

    @Override
    public void close() {
      free.release(held);
      held = 0;
    }
  }
}

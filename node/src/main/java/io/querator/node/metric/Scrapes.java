package io.querator.node.metric;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Lets any number of callers have a page that is made by one of them at a time.
///
/// Who had to wait takes the page that was begun after its own arrival, if there is one: so a page
/// is never older than the request for it, and the work does not grow with the number of callers.
/// The lock is held over work in memory only.
final class Scrapes {
  private record Page(long begunNanos, byte[] body) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Supplier<byte[]> maker;
  private @Nullable Page last;

  Scrapes(Supplier<byte[]> maker) {
    this.maker = maker;
  }

  byte[] get() {
    long arrivedNanos = System.nanoTime();
    lock.lock();
    try {
      Page page = last;
      if (page == null || page.begunNanos() - arrivedNanos < 0) {
        long begunNanos = System.nanoTime();
        page = new Page(begunNanos, maker.get());
        last = lock.hasQueuedThreads() ? page : null;
      }
      return page.body();
    } finally {
      lock.unlock();
    }
  }
}

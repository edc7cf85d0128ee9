package io.querator.storage.sql;

import io.querator.storage.StorageException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The two connections that a share of the partitions is bound to: a session that has touched many
/// tables grows. Reads use one of them at most, so that a long one does not hold up commits. Safe
/// for use by many threads.
final class Lane implements AutoCloseable {
  private static final int READS = 1;
  private static final long READ_WAIT_SECONDS = 10;

  private final ConnectionPool pool;
  private final Semaphore reads = new Semaphore(READS, true);

  /// @param pool of two connections
  Lane(ConnectionPool pool) {
    this.pool = pool;
  }

  ConnectionPool pool() {
    return pool;
  }

  <T> T read(String what, ConnectionPool.Work<T> work) {
    try {
      if (!reads.tryAcquire(READ_WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new StorageException.Unavailable(
            "cannot " + what + ": other reads take too long", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot " + what + ": interrupted", e);
    }
    try {
      return pool.repeatable(what, work);
    } finally {
      reads.release();
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}

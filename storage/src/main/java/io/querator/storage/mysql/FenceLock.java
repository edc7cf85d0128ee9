package io.querator.storage.mysql;

import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import io.querator.storage.sql.ConnectionPool;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets fence rows that a hanging session holds: an update of them gives up after a second; then
/// whoever may block it is ended, and it is done again. Safe for use by many threads.
final class FenceLock {
  private static final Logger log = LoggerFactory.getLogger(FenceLock.class);

  private static final Duration WAIT_MAX = Duration.ofSeconds(8);

  /// Each needs a connection, and then one to look after what blocks it.
  private static final int AT_ONCE = 2;

  private static final Duration SLOT_WAIT = Duration.ofSeconds(2);

  private final ConnectionPool pool;
  private final Blockers blockers;
  private final Semaphore slots = new Semaphore(AT_ONCE, true);

  FenceLock(ConnectionPool pool, Blockers blockers) {
    this.pool = pool;
    this.blockers = blockers;
  }

  /// Does `update`, as often as it waits in vain for a lock on the rows of `keys`.
  <T> T get(Set<PartitionKey> keys, Supplier<T> update) {
    try {
      if (!slots.tryAcquire(SLOT_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new StorageException.Unavailable("other take-overs take long", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("a take-over was interrupted", e);
    }
    try {
      return patiently(keys, update);
    } finally {
      slots.release();
    }
  }

  private <T> T patiently(Set<PartitionKey> keys, Supplier<T> update) {
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    for (Blockers.Suspicion suspicion = Blockers.Suspicion.BUSY;
        ;
        suspicion = suspicion.stronger()) {
      try {
        return update.get();
      } catch (StorageException.Unavailable e) {
        if (!isLockTimeout(e) || System.nanoTime() - deadline >= 0) {
          throw e;
        }
      }
      endBlockers(keys, suspicion);
    }
  }

  private boolean isLockTimeout(StorageException.Unavailable failure) {
    return failure.getCause() instanceof SQLException cause
        && MysqlDialect.ERRORS.isLockTimeout(cause);
  }

  private void endBlockers(Set<PartitionKey> keys, Blockers.Suspicion suspicion) {
    try {
      pool.repeatable("end blocking sessions", c -> blockers.end(c, keys, suspicion));
    } catch (StorageException.Unavailable e) {
      log.atDebug().setCause(e).log("the database cannot be asked who blocks a take-over");
    } catch (StorageException e) {
      log.atWarn().setCause(e).log("a session that blocks a take-over cannot be ended");
    }
  }
}

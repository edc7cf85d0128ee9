package io.querator.storage.jdbc;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connections for counts, which may take minutes: apart from all others, and given out in the
/// order of asking. Safe for use by many threads.
final class CountConnections implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CountConnections.class);

  private static final int WAIT_SECONDS = 30;

  private final ConnectionPool pool;
  private final Semaphore free;

  /// @param pool of `size` connections, for counts only
  CountConnections(ConnectionPool pool, int size) {
    this.pool = pool;
    this.free = new Semaphore(size, true);
  }

  /// A connection that somebody counts on. The lock keeps an abort from hitting its next user.
  final class Held {
    private final Connection connection;
    private boolean ended;

    private Held(Connection connection) {
      this.connection = connection;
    }

    Connection connection() {
      return connection;
    }

    synchronized void release() {
      ended = true;
      pool.giveBack(connection);
      free.release();
    }

    synchronized void discard() {
      ended = true;
      pool.discard(connection);
      free.release();
    }

    /// Breaks the connection, so that who counts on it fails and discards it.
    synchronized void abort() {
      if (ended) {
        return;
      }
      try {
        connection.abort(Runnable::run);
      } catch (SQLException e) {
        log.atDebug().setCause(e).log("a connection could not be aborted");
      }
    }
  }

  /// Waits its turn, up to [#WAIT_SECONDS].
  Held take(String what) {
    try {
      if (!free.tryAcquire(WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new StorageException.Unavailable("cannot " + what + ": other counts take long", null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot " + what + ": interrupted", e);
    }
    try {
      return new Held(pool.alive());
    } catch (SQLException e) {
      free.release();
      throw PostgresErrors.exception("cannot " + what, e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}

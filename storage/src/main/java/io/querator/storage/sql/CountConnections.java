package io.querator.storage.sql;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connections for counts, which may take minutes: apart from all others. Nobody waits for one.
/// Safe for use by many threads.
final class CountConnections implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CountConnections.class);

  private final ConnectionPool pool;
  private final Semaphore free;

  /// @param pool of `size` connections, for counts only
  CountConnections(ConnectionPool pool, int size) {
    this.pool = pool;
    this.free = new Semaphore(size);
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

  /// Takes one at once.
  ///
  /// @throws StorageException.Unavailable if all are in use
  Held take(String what) {
    if (!free.tryAcquire()) {
      throw new StorageException.Unavailable("cannot " + what + ": other counts take long", null);
    }
    try {
      return new Held(pool.alive());
    } catch (SQLException e) {
      free.release();
      throw pool.errors().exception("cannot " + what, e);
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}

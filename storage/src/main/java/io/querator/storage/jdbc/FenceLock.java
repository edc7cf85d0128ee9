package io.querator.storage.jdbc;

import io.querator.storage.StorageException;
import io.querator.storage.sql.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gets fence rows that a hanging session holds: whoever blocks an update of them for a second is
/// ended.
///
/// The update runs on a virtual thread of its own, and the caller looks after what blocks it. Safe
/// for use by many threads.
final class FenceLock {
  /// Begins an update that must wait for its locks forever: its text contains [#PATIENCE].
  @FunctionalInterface
  interface Update<T> {
    /// @param session a name for the session, the parameter of [#PATIENCE]
    T run(Connection connection, String session) throws SQLException;
  }

  /// A common table expression, to be joined so that it is evaluated first.
  static final String PATIENCE =
      """
      patience AS MATERIALIZED (
        SELECT set_config('lock_timeout', '5s', true), set_config('application_name', ?, true)
      )
      """;

  private static final Logger log = LoggerFactory.getLogger(FenceLock.class);

  private static final String SESSION_PREFIX = Session.APPLICATION + " take-over ";
  private static final Duration GRACE = Duration.ofSeconds(1);
  private static final Duration REPEAT = Duration.ofMillis(100);

  /// A little more than an update waits for a lock. What comes after it must do no harm.
  private static final Duration WAIT_MAX = Duration.ofSeconds(6);

  private static final int AT_ONCE = 2;
  private static final Duration SLOT_WAIT = Duration.ofSeconds(2);

  private final ConnectionPool pool;
  private final Semaphore slots = new Semaphore(AT_ONCE, true);

  /// @param pool with more than [#AT_ONCE] connections, since each update needs one, and one to
  ///   look after it
  FenceLock(ConnectionPool pool) {
    this.pool = pool;
  }

  /// Runs an update that may be done twice.
  <T> T repeatable(String what, Update<T> update) {
    return update(
        what, session -> pool.repeatable(what, connection -> update.run(connection, session)));
  }

  /// Runs an update that must not be done twice.
  <T> T once(String what, Update<T> update) {
    return update(what, session -> pool.once(what, connection -> update.run(connection, session)));
  }

  private <T> T update(String what, Function<String, T> update) {
    try {
      if (!slots.tryAcquire(SLOT_WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new StorageException.Unavailable(
            "cannot " + what + ": other take-overs take long", null);
      }
      try {
        return awaited(what, update);
      } finally {
        slots.release();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot " + what + ": interrupted", e);
    }
  }

  private <T> T awaited(String what, Function<String, T> update) throws InterruptedException {
    String session = SESSION_PREFIX + UUID.randomUUID();
    FutureTask<T> task = new FutureTask<>(() -> update.apply(session));
    Thread.ofVirtual().name(session).start(task);
    long deadline = System.nanoTime() + WAIT_MAX.toNanos();
    Duration patience = GRACE;
    while (System.nanoTime() < deadline) {
      try {
        return task.get(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        endBlockers(session);
        patience = REPEAT;
      } catch (ExecutionException e) {
        throw failure(what, e);
      }
    }
    task.cancel(true);
    throw new StorageException.Unavailable("cannot " + what + ": no answer in time", null);
  }

  private static RuntimeException failure(String what, ExecutionException e) {
    return e.getCause() instanceof StorageException cause
        ? cause
        : new IllegalStateException("cannot " + what, e.getCause());
  }

  /// Ends the sessions that `session` waits for, unless they take over themselves.
  private void endBlockers(String session) {
    try {
      pool.repeatable("end blocking sessions", connection -> endBlockers(connection, session));
    } catch (StorageException.Unavailable e) {
      log.atDebug().setCause(e).log("the database cannot be asked who blocks a take-over");
    } catch (StorageException e) {
      log.atWarn().setCause(e).log("a session that blocks a take-over cannot be ended");
    }
  }

  private static int endBlockers(Connection connection, String session) throws SQLException {
    String sql =
        """
        SELECT b.pid, b.application_name, b.state, pg_terminate_backend(b.pid)
        FROM pg_stat_activity w
          CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS blocking (pid)
          JOIN pg_stat_activity b ON b.pid = blocking.pid
        WHERE w.application_name = ? AND w.wait_event_type = 'Lock' AND b.application_name NOT LIKE ?
        """;
    int ended = 0;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, session);
      statement.setString(2, SESSION_PREFIX + "%");
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          ended++;
          log.atWarn()
              .addKeyValue("pid", row.getInt(1))
              .addKeyValue("application", row.getString(2))
              .addKeyValue("state", row.getString(3))
              .log("ended a session that blocked a take-over");
        }
      }
    }
    return ended;
  }
}

package io.querator.storage.sql;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.micrometer.MicrometerMetricsTrackerFactory;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A few connections with the same settings. Safe for use by many threads.
public final class ConnectionPool implements AutoCloseable {
  /// Work on a connection in autocommit mode.
  @FunctionalInterface
  public interface Work<T> {
    T run(Connection connection) throws SQLException;
  }

  private static final Logger log = LoggerFactory.getLogger(ConnectionPool.class);

  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final Duration IDLE = Duration.ofMinutes(10);
  private static final Duration LIFETIME = Duration.ofMinutes(30);
  private static final Duration KEEP_ALIVE = Duration.ofMinutes(2);
  private static final int VALIDATION_SECONDS = 1;

  private final PatientDataSource source;
  private final HikariDataSource pool;
  private final SqlErrors errors;
  private final int size;

  /// @param name for logs and metrics
  /// @param size how many connections there are at most
  /// @param meters that get the pool's metrics, or null
  public ConnectionPool(
      String name,
      int size,
      Connector connector,
      SqlErrors errors,
      @Nullable MeterRegistry meters) {
    this.size = size;
    this.errors = errors;
    this.source = new PatientDataSource(connector, errors);
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setDataSource(source);
    config.setMaximumPoolSize(size);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(WAIT.toMillis());
    config.setValidationTimeout(WAIT.toMillis());
    config.setIdleTimeout(IDLE.toMillis());
    config.setMaxLifetime(LIFETIME.toMillis());
    config.setKeepaliveTime(KEEP_ALIVE.toMillis());
    config.setInitializationFailTimeout(-1);
    config.setAutoCommit(true);
    // else the first connection is asked, and if it breaks just then, every later one is refused
    config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    if (meters != null) {
      config.setMetricsTrackerFactory(new MicrometerMetricsTrackerFactory(meters));
    }
    this.pool = new HikariDataSource(config);
  }

  /// Connects without the pool, once.
  public Connection connect() throws SQLException {
    return source.connect();
  }

  /// Takes a connection, which may turn out to be dead. Waits up to a second.
  ///
  /// @throws SQLException if there is none
  public Connection take() throws SQLException {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      SQLException cause = source.lastFailure();
      if (cause != null) {
        throw new SQLException(cause.getMessage(), cause.getSQLState(), e);
      }
      throw e;
    }
  }

  /// Connects once, so that who takes a connection first does not wait for that. Waits up to a
  /// second; what goes wrong is found by who needs a connection.
  void warmUp() {
    try {
      giveBack(take());
    } catch (SQLException e) {
      log.atDebug().setCause(e).log("not connected in advance");
    }
  }

  /// Gives a connection back, discarded or not. What was done on it stays done even if that fails.
  public void giveBack(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      log.atDebug().setCause(e).log("a connection could not be given back");
    }
  }

  /// Closes `connection` for good.
  public void discard(Connection connection) {
    pool.evictConnection(connection);
  }

  /// Does work that may be done twice: it is repeated on another connection if the first turns out
  /// to be dead. Gives up after a second where the database cannot be reached.
  ///
  /// @param what for messages, as in "cannot …"
  public <T> T repeatable(String what, Work<T> work) {
    for (int attempt = 0; ; attempt++) {
      try {
        return run(take(), work);
      } catch (SQLException e) {
        if (attempt == size || isDown() || !mayHelp(e)) {
          throw errors.exception("cannot " + what, e);
        }
      }
    }
  }

  /// Does work that must not be done twice, on a connection that is alive just before.
  public <T> T once(String what, Work<T> work) {
    for (int attempt = 0; ; attempt++) {
      try {
        return run(alive(), work);
      } catch (SQLException e) {
        boolean executed = errors.meaning(e) != SqlErrors.Meaning.NOT_EXECUTED;
        if (attempt == size || executed || !mayHelp(e)) {
          throw errors.exception("cannot " + what, e);
        }
      }
    }
  }

  /// Whether the last attempt to connect failed.
  private boolean isDown() {
    return source.lastFailure() != null;
  }

  SqlErrors errors() {
    return errors;
  }

  /// Takes a connection that is alive just now.
  public Connection alive() throws SQLException {
    for (int attempt = 0; attempt < size; attempt++) {
      Connection connection = take();
      if (connection.isValid(VALIDATION_SECONDS)) {
        return connection;
      }
      discard(connection);
    }
    return take();
  }

  private <T> T run(Connection connection, Work<T> work) throws SQLException {
    try {
      return work.run(connection);
    } catch (SQLException e) {
      if (isUnusable(e)) {
        discard(connection);
      }
      throw e;
    } finally {
      giveBack(connection);
    }
  }

  private boolean mayHelp(SQLException error) {
    return !Thread.currentThread().isInterrupted()
        && switch (errors.meaning(error)) {
          case UNKNOWN, WRONG_SERVER -> true;
          case NOT_EXECUTED -> !errors.isLockTimeout(error);
          case DATA, TOO_LARGE, NO_TABLE, SETUP -> false;
        };
  }

  private boolean isUnusable(SQLException error) {
    return switch (errors.meaning(error)) {
      case UNKNOWN, WRONG_SERVER -> true;
      case DATA, TOO_LARGE, NOT_EXECUTED, NO_TABLE, SETUP -> false;
    };
  }

  @Override
  public void close() {
    source.close();
    pool.close();
  }
}

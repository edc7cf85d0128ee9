package io.querator.storage.sql;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// Connects as soon as the database is there.
///
/// The pool would wait up to 5 s between its own attempts, and longer than the database needs to
/// come back. So this tries on, several times a second, until it succeeds or is closed; who waits
/// for a connection meanwhile gives up without it. The pool's thread that adds connections is the
/// only caller.
final class PatientDataSource implements DataSource {
  private static final long PAUSE_MILLIS = 200;
  private static final long REFUSED_PAUSE_MILLIS = 1_000;

  private final Connector connector;
  private final SqlErrors errors;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile @Nullable SQLException lastFailure;

  PatientDataSource(Connector connector, SqlErrors errors) {
    this.connector = connector;
    this.errors = errors;
  }

  @Override
  public Connection getConnection() throws SQLException {
    while (true) {
      try {
        Connection connection = connect();
        lastFailure = null;
        return connection;
      } catch (SQLException e) {
        lastFailure = e;
        pause(e);
      }
    }
  }

  /// One attempt.
  Connection connect() throws SQLException {
    return connector.connect();
  }

  private void pause(SQLException failure) throws SQLException {
    long millis = errors.isRefusedLogin(failure) ? REFUSED_PAUSE_MILLIS : PAUSE_MILLIS;
    try {
      if (closed.await(millis, TimeUnit.MILLISECONDS)) {
        throw failure;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure;
    }
  }

  /// Why the last attempt failed, null if it did not.
  @Nullable SQLException lastFailure() {
    return lastFailure;
  }

  void close() {
    closed.countDown();
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("one user only");
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {}

  @Override
  public void setLoginTimeout(int seconds) {}

  /// How long the pool waits for its attempt to end when it is closed, in seconds.
  @Override
  public int getLoginTimeout() {
    return 2;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("logs by slf4j");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("not a " + type.getName());
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}

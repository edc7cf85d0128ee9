package io.querator.storage.sql;

import io.querator.storage.Counting;
import io.querator.storage.Micros;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts in a transaction whose snapshot was taken at the beginning.
///
/// The scan runs at once, on a virtual thread, and gives its connection back when it ends, whether
/// or not somebody waits for it: so a caller that begins several counts holds up nobody for good.
final class SqlCounting implements Counting {
  private static final Logger log = LoggerFactory.getLogger(SqlCounting.class);

  private final CountConnections.Held held;
  private final SqlDialect dialect;
  private final String table;
  private final FutureTask<Counts> task;

  private SqlCounting(
      CountConnections.Held held,
      SqlDialect dialect,
      String table,
      PositionRange range,
      long baseMicros) {
    this.held = held;
    this.dialect = dialect;
    this.table = table;
    this.task = new FutureTask<>(() -> countAndRelease(range, baseMicros));
  }

  /// Takes the snapshot and starts to count.
  static SqlCounting begin(
      CountConnections connections,
      SqlDialect dialect,
      String table,
      PositionRange range,
      Instant base) {
    CountConnections.Held held = connections.take("count " + table);
    try {
      held.connection().setAutoCommit(false);
      dialect.counting().takeSnapshot(held.connection(), table);
    } catch (SQLException e) {
      held.discard();
      throw dialect.errors().exception("cannot begin to count " + table, e);
    }
    SqlCounting counting = new SqlCounting(held, dialect, table, range, Micros.of(base));
    Thread.ofVirtual().name("count " + table).start(counting.task);
    return counting;
  }

  private Counts countAndRelease(PositionRange range, long baseMicros) throws SQLException {
    Connection connection = held.connection();
    try {
      Counts counts = dialect.counting().count(connection, table, range, baseMicros);
      connection.rollback();
      connection.setAutoCommit(true);
      held.release();
      return counts;
    } catch (SQLException e) {
      held.discard();
      throw e;
    }
  }

  @Override
  public Counts await() {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof SQLException cause
          ? dialect.errors().exception("cannot count " + table, cause)
          : new IllegalStateException("cannot count " + table, e.getCause());
    } catch (CancellationException e) {
      throw new IllegalStateException("the count was closed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("cannot count " + table + ": interrupted", e);
    }
  }

  /// Ends the scan if it still runs, by ending its connection.
  @Override
  public void close() {
    if (!task.isDone()) {
      log.atDebug().addKeyValue("table", table).log("a count is given up");
      held.abort();
    }
  }
}

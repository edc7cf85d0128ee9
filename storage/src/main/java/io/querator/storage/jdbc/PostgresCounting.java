package io.querator.storage.jdbc;

import io.querator.storage.Counting;
import io.querator.storage.Micros;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
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
final class PostgresCounting implements Counting {
  private static final Logger log = LoggerFactory.getLogger(PostgresCounting.class);

  private final CountConnections.Held held;
  private final String table;
  private final FutureTask<Counts> task;

  private PostgresCounting(
      CountConnections.Held held, String table, PositionRange range, long baseMicros) {
    this.held = held;
    this.table = table;
    this.task = new FutureTask<>(() -> countAndRelease(range, baseMicros));
  }

  /// Takes the snapshot and starts to count.
  static PostgresCounting begin(
      CountConnections connections, String table, PositionRange range, Instant base) {
    CountConnections.Held held = connections.take("count " + table);
    try {
      takeSnapshot(held.connection(), table);
    } catch (SQLException e) {
      held.discard();
      throw PostgresErrors.exception("cannot begin to count " + table, e);
    }
    PostgresCounting counting = new PostgresCounting(held, table, range, Micros.of(base));
    Thread.ofVirtual().name("count " + table).start(counting.task);
    return counting;
  }

  /// The first query fixes what is seen, and makes sure that the table is there. A scan may take
  /// long, and here a sequential one may be best.
  private static void takeSnapshot(Connection connection, String table) throws SQLException {
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
      statement.execute(
          """
          SELECT set_config('statement_timeout', '10min', true),
            set_config('idle_in_transaction_session_timeout', '60s', true),
            set_config('plan_cache_mode', 'force_custom_plan', true),
            set_config('enable_seqscan', 'on', true)
          """);
      statement.execute("SELECT 1 FROM " + table + " LIMIT 0");
    }
  }

  private Counts countAndRelease(PositionRange range, long baseMicros) throws SQLException {
    Connection connection = held.connection();
    try {
      Counts counts = count(connection, range, baseMicros);
      connection.rollback();
      connection.setAutoCommit(true);
      held.release();
      return counts;
    } catch (SQLException e) {
      held.discard();
      throw e;
    }
  }

  /// Whole microseconds first, which a double holds exactly, so that the rounding down is exact
  /// too.
  private Counts count(Connection connection, PositionRange range, long baseMicros)
      throws SQLException {
    String sql =
        """
        SELECT count(*), coalesce(sum(
          floor(round(date_part('epoch', created_at - ?::timestamptz) * 1e6) / 1000)::bigint), 0)::bigint
        FROM %s WHERE position BETWEEN ? AND ?
        """
            .formatted(table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).addTime(baseMicros).add(range.from()).add(range.to());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Counts(row.getLong(1), row.getLong(2));
      }
    }
  }

  @Override
  public Counts await() {
    try {
      return task.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof SQLException cause
          ? PostgresErrors.exception("cannot count " + table, cause)
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

package io.querator.storage.jdbc;

import io.querator.storage.Counting;
import io.querator.storage.Micros;
import io.querator.storage.PositionRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Counts in a transaction whose snapshot was taken at the beginning. Used by one thread.
final class PostgresCounting implements Counting {
  private static final Logger log = LoggerFactory.getLogger(PostgresCounting.class);

  private final ConnectionPool pool;
  private final Connection connection;
  private final String table;
  private final PositionRange range;
  private final long baseMicros;
  private boolean closed;

  private PostgresCounting(
      ConnectionPool pool, Connection connection, String table, PositionRange range, Instant base) {
    this.pool = pool;
    this.connection = connection;
    this.table = table;
    this.range = range;
    this.baseMicros = Micros.of(base);
  }

  static PostgresCounting begin(
      ConnectionPool pool, String table, PositionRange range, Instant base) {
    try {
      Connection connection = pool.alive();
      try {
        takeSnapshot(connection, table);
      } catch (SQLException e) {
        pool.discard(connection);
        throw e;
      }
      return new PostgresCounting(pool, connection, table, range, base);
    } catch (SQLException e) {
      throw PostgresErrors.exception("cannot begin to count " + table, e);
    }
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

  @Override
  public Counts await() {
    // Whole microseconds first, which a double holds exactly, so that the rounding down is exact
    // too.
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
    } catch (SQLException e) {
      throw PostgresErrors.exception("cannot count " + table, e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (connection) {
      connection.rollback();
      connection.setAutoCommit(true);
    } catch (SQLException e) {
      log.atDebug().setCause(e).log("a count did not end well");
      pool.discard(connection);
    }
  }
}

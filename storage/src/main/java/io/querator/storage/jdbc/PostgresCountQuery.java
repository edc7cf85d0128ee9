package io.querator.storage.jdbc;

import io.querator.storage.Counting.Counts;
import io.querator.storage.PositionRange;
import io.querator.storage.sql.CountQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// Counts in a read-only transaction with a snapshot.
final class PostgresCountQuery implements CountQuery {
  /// The first query fixes what is seen, and makes sure that the table is there. A scan may take
  /// long, and here a sequential one may be best.
  @Override
  public void takeSnapshot(Connection connection, String table) throws SQLException {
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

  /// Whole microseconds first, which a double holds exactly, so that the rounding down is exact
  /// too.
  @Override
  public Counts count(Connection connection, String table, PositionRange range, long baseMicros)
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
}

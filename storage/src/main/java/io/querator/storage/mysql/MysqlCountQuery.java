package io.querator.storage.mysql;

import io.querator.storage.Counting.Counts;
import io.querator.storage.PositionRange;
import io.querator.storage.sql.CountQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// Counts in a read-only transaction with a snapshot.
final class MysqlCountQuery implements CountQuery {
  /// The lock on the table's definition keeps it from being dropped meanwhile.
  @Override
  public void takeSnapshot(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
      statement.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
      statement.execute("SELECT 1 FROM " + table + " LIMIT 0");
    }
  }

  /// Whole numbers divided by 1000 are decimals of four digits, which is exact.
  @Override
  public Counts count(Connection connection, String table, PositionRange range, long baseMicros)
      throws SQLException {
    SqlText sql = new SqlText().add("SELECT COUNT(*), COALESCE(SUM(FLOOR((created_at - ");
    sql.add(baseMicros).add(") / 1000)), 0) FROM ").add(table);
    sql.add(" WHERE position BETWEEN ").add(range.from()).add(" AND ").add(range.to());
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return new Counts(row.getLong(1), row.getBigDecimal(2).longValueExact());
    }
  }
}

package io.querator.storage.jdbc;

import io.querator.storage.LowWater;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.Mark;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Reads low-water marks.
final class Marks {
  private final Tables tables;

  Marks(Tables tables) {
    this.tables = tables;
  }

  /// One for each of `keys`, from the end of the index, where no dead rows lie.
  Map<PartitionKey, Mark> highest(Connection connection, Set<PartitionKey> keys)
      throws SQLException {
    String sql =
        """
        SELECT p.partition, timestamptz_send(clock_timestamp()), w.ready, w.not_ready
        FROM unnest(?) AS p (partition) LEFT JOIN LATERAL (
          SELECT ready, not_ready FROM %s w WHERE w.partition = p.partition
          ORDER BY w.partition DESC, w.ready DESC, w.not_ready DESC LIMIT 1) w ON true
        """
            .formatted(tables.lowWater());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(ArrayParameter.keys(keys));
      Map<PartitionKey, Mark> marks = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          Mark mark = new Mark(Times.instant(row, 2), lowWater(row));
          marks.put(new PartitionKey(row.getLong(1)), mark);
        }
      }
      return marks;
    }
  }

  private static LowWater lowWater(ResultSet row) throws SQLException {
    long ready = row.getLong(3);
    return row.wasNull() ? LowWater.NONE : new LowWater(ready, row.getLong(4));
  }
}

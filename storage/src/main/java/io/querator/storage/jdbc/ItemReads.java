package io.querator.storage.jdbc;

import io.querator.storage.Due;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Reads items of one partition.
final class ItemReads {
  @FunctionalInterface
  private interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /// Times go out in binary form, which is exact and cheap.
  private static final String HEAD =
      """
      position, timestamptz_send(placed_at), timestamptz_send(created_at), timestamptz_send(expire_at),
        timestamptz_send(due_at), attempts, max_attempts, source_id\
      """;

  private static final String ITEM = HEAD + ", kind, reference, encoding, payload, extra";

  private final String table;

  ItemReads(Tables tables, PartitionKey key) {
    this.table = tables.items(key);
  }

  /// The running size is computed from lengths, so that a payload beyond the page is not read.
  List<StoredItem> items(Connection connection, PositionRange range, PageLimit limit)
      throws SQLException {
    String sql =
        """
        SELECT %s FROM (
          SELECT q.*, coalesce(sum(64 + octet_length(kind) + octet_length(reference) + octet_length(encoding)
              + octet_length(payload) + coalesce(octet_length(extra), 0))
            OVER (ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM %s q WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?) page
        WHERE bytes_before < ? ORDER BY position
        """
            .formatted(ITEM, table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement)
          .add(range.from())
          .add(range.to())
          .add(limit.items())
          .add(limit.bytes());
      return rows(statement, ItemReads::item);
    }
  }

  List<StoredItem> items(Connection connection, long[] positions) throws SQLException {
    return at(connection, ITEM, positions, ItemReads::item);
  }

  List<ItemHead> heads(Connection connection, long[] positions) throws SQLException {
    return at(connection, HEAD, positions, ItemReads::head);
  }

  private <T> List<T> at(Connection connection, String columns, long[] positions, Row<T> reader)
      throws SQLException {
    String sql =
        "SELECT %s FROM %s WHERE position = ANY (?) ORDER BY position".formatted(columns, table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(ArrayParameter.int8(positions));
      return rows(statement, reader);
    }
  }

  List<ItemHead> heads(Connection connection, PositionRange range, int max) throws SQLException {
    String sql =
        "SELECT %s FROM %s WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?"
            .formatted(HEAD, table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(range.from()).add(range.to()).add(max);
      return rows(statement, ItemReads::head);
    }
  }

  List<ItemHead> due(Connection connection, Due after, long until, int max) throws SQLException {
    String sql =
        """
        SELECT %s FROM %s WHERE due_at IS NOT NULL AND (due_at, position) > (?, ?) AND due_at <= ?
        ORDER BY due_at, position LIMIT ?
        """
            .formatted(HEAD, table);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement)
          .addTime(after.dueAt())
          .add(after.position())
          .addTime(until)
          .add(max);
      return rows(statement, ItemReads::head);
    }
  }

  private static <T> List<T> rows(PreparedStatement statement, Row<T> reader) throws SQLException {
    List<T> found = new ArrayList<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        found.add(reader.read(row));
      }
    }
    return found;
  }

  private static ItemHead head(ResultSet row) throws SQLException {
    return new ItemHead(
        row.getLong(1),
        Times.micros(row, 2),
        Times.micros(row, 3),
        Times.micros(row, 4),
        Times.dueMicros(row, 5),
        row.getInt(6),
        row.getInt(7),
        row.getString(8));
  }

  private static StoredItem item(ResultSet row) throws SQLException {
    ItemContent content =
        new ItemContent(
            row.getString(9),
            row.getString(10),
            row.getString(11),
            row.getBytes(12),
            row.getBytes(13));
    return new StoredItem(head(row), content);
  }
}

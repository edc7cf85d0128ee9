package io.querator.storage.jdbc;

import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import io.querator.storage.sql.PartitionQueries;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads one partition: its items, and the rest.
final class PostgresQueries implements PartitionQueries {
  private final ItemReads items;
  private final PartitionReads rest;

  PostgresQueries(Tables tables, PartitionKey key) {
    this.items = new ItemReads(tables, key);
    this.rest = new PartitionReads(tables, key);
  }

  @Override
  public List<StoredItem> items(Connection connection, PositionRange range, PageLimit limit)
      throws SQLException {
    return items.items(connection, range, limit);
  }

  @Override
  public List<StoredItem> items(Connection connection, long[] positions) throws SQLException {
    return items.items(connection, positions);
  }

  @Override
  public List<ItemHead> heads(Connection connection, PositionRange range, int max)
      throws SQLException {
    return items.heads(connection, range, max);
  }

  @Override
  public List<ItemHead> heads(Connection connection, long[] positions) throws SQLException {
    return items.heads(connection, positions);
  }

  @Override
  public List<ItemHead> due(Connection connection, Due after, long until, int max)
      throws SQLException {
    return items.due(connection, after, until, max);
  }

  @Override
  public List<StoredLease> leases(Connection connection) throws SQLException {
    return rest.leases(connection);
  }

  @Override
  public Map<KeyHash, KeyEntry> keys(Connection connection, Set<KeyHash> hashes, int fromMinute)
      throws SQLException {
    return rest.keys(connection, hashes, fromMinute);
  }

  @Override
  public List<KeyEntry> keysAfter(Connection connection, @Nullable KeyEntry after, int max)
      throws SQLException {
    return rest.keysAfter(connection, after, max);
  }

  @Override
  public int prune(Connection connection, int beforeMinute) throws SQLException {
    return rest.prune(connection, beforeMinute);
  }
}

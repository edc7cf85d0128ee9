package io.querator.storage.sql;

import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.PageLimit;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads what is kept of one partition. What each gives is said at
/// [io.querator.storage.PartitionStore].
public interface PartitionQueries {
  List<StoredItem> items(Connection connection, PositionRange range, PageLimit limit)
      throws SQLException;

  List<StoredItem> items(Connection connection, long[] positions) throws SQLException;

  List<ItemHead> heads(Connection connection, PositionRange range, int max) throws SQLException;

  List<ItemHead> heads(Connection connection, long[] positions) throws SQLException;

  List<ItemHead> due(Connection connection, Due after, long until, int max) throws SQLException;

  List<StoredLease> leases(Connection connection) throws SQLException;

  Map<KeyHash, KeyEntry> keys(Connection connection, Set<KeyHash> hashes, int fromMinute)
      throws SQLException;

  List<KeyEntry> keysAfter(Connection connection, @Nullable KeyEntry after, int max)
      throws SQLException;

  /// Removes old keys, and the marks below the highest one.
  ///
  /// @return how many rows
  int prune(Connection connection, int beforeMinute) throws SQLException;
}

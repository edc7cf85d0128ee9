package io.querator.storage.sql;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The rows that say who holds which partition. Used by several threads.
///
/// Each raise of epochs is a transaction by itself. It waits for turns that hold the row, and ends
/// the session of one that holds it for more than a second.
public interface FenceTable {
  /// Those of `keys` that exist and are not being dropped.
  Map<PartitionKey, Fence> read(Set<PartitionKey> keys);

  /// The highest mark of each of `keys`.
  Map<PartitionKey, Mark> marks(Set<PartitionKey> keys);

  /// Takes those partitions over that no claim holds, or an older one. Not repeated: done twice, a
  /// claim would find itself in its own way.
  ///
  /// @param seen the partitions, each with an epoch that the new one is above
  Map<PartitionKey, Raised> take(Map<PartitionKey, Epoch> seen, Claim claim);

  /// Raises one partition that has the epoch `stored`, and that the claim of `last` holds or is
  /// newer than. It may be repeated, and may arrive late: it names the epoch that it raises.
  ///
  /// @return empty if that is not so any more
  Optional<Raised> raise(Opened last, Epoch stored);

  /// Raises the epoch for the last time: whatever is sent later has no effect. The row stays until
  /// the rest is gone.
  void condemn(PartitionKey key);
}

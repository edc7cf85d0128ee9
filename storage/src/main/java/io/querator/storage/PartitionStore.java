package io.querator.storage;

import io.querator.storage.OpenResult.Opened;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where partitions are kept: one database.
///
/// A partition is written by the one who holds its latest [Opened], one batch at a time. Whatever
/// an older holder sends, however late, has no effect. Positions are given by the holder, known
/// before the commit and sent at most once: unless the answer is success or *fenced*, the store
/// raises the holder's epoch and the holder numbers its turn again.
///
/// Implementations are safe for use by many threads and block the calling one. Every method that
/// reads or writes throws [StorageException.Unavailable] when the database stays away, unless it
/// has an answer of its own for that. What crosses this port must not depend on a kind of database.
///
/// A new partition may be *filled* from another one, with rows that keep their positions, before
/// anybody relies on it. Its key is fresh and known to the filler alone; its first opening is told
/// the highest epoch that any of those positions belongs to, or a higher one. Under that opening
/// the filler commits what was written elsewhere, besides removals, ended leases and removed keys,
/// in any order. That ends with the first batch that gives a position of the opening's own epoch,
/// and with the first answer that is not [CommitResult.Committed]: the partition is to be dropped
/// then, since what became of that batch may be seen in part, and the filling begins again under
/// another fresh key.
public interface PartitionStore extends AutoCloseable {
  /// How many keys [#keysAfter] gives at most.
  int KEYS_MAX = 10_000;

  Limits limits();

  /// Makes an empty partition; does nothing if it exists.
  void create(PartitionKey key);

  /// Removes a partition with all its data; does nothing if it does not exist. Its holder is
  /// fenced.
  void drop(PartitionKey key);

  /// The partitions that were made before `before`, for finding those that no queue knows.
  Set<PartitionKey> created(Instant before);

  /// The highest generation that any partition was ever opened with, 0 if none.
  long highestGeneration();

  /// Takes partitions over by raising their epochs; each succeeds or fails by itself. Waits for a
  /// running turn of the old holder and, after a second, ends the session that blocks it. A
  /// database failure fails the whole call; the caller opens again with a newer claim or with
  /// [#reopen].
  ///
  /// @param highestSeen the partitions, each with the highest epoch known of it, [Epoch#NONE] if
  ///   none; the new epoch is above it. Where this is the first opening of an empty partition, all
  ///   that is written to epochs up to it belongs to a filling, see above
  /// @return one result a partition, in no particular order
  /// @throws StorageException.Corrupt if a partition was written by a newer version
  List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim);

  /// Raises the epoch of a partition that the claim of `last` still holds, whatever became of
  /// earlier answers.
  OpenResult reopen(Opened last);

  /// Writes each batch whole or not at all. Blocks until each is resolved, or the store's own
  /// deadline passed.
  ///
  /// @param batches of different partitions, each within [#limits()]
  /// @return one result a batch, in their order
  List<CommitResult> commit(List<Batch> batches);

  /// The rows of `range` in the order of their positions, with content; at least one if there is
  /// one.
  List<StoredItem> items(Opened partition, PositionRange range, PageLimit limit);

  /// The rows at `positions` (at most 10,000, rising) that exist, in the order of their positions,
  /// with content.
  List<StoredItem> items(Opened partition, long[] positions);

  /// The first `max` rows of `range` in the order of their positions, without content.
  List<ItemHead> heads(Opened partition, PositionRange range, int max);

  /// The rows at `positions` (at most 10,000, rising) that exist, in the order of their positions,
  /// without content.
  List<ItemHead> heads(Opened partition, long[] positions);

  /// The first `max` not-ready rows after `after` that are due at or before `until` (microseconds
  /// since 1970), in the order of [Due].
  List<ItemHead> due(Opened partition, Due after, long until, int max);

  /// All leases, in the order of their ids.
  List<StoredLease> leases(Opened partition);

  /// What is known of those of `hashes` that are stored with a minute of at least `fromMinute`.
  Map<KeyHash, KeyEntry> keys(Opened partition, Set<KeyHash> hashes, int fromMinute);

  /// The first `max` keys after `after` in the order of [KeyEntry#ORDER], so that all of them can
  /// be read page by page. Keys that are added or removed meanwhile may be missed or given.
  ///
  /// @param after where the page before ended, stored or not; only its minute and hash matter.
  ///   Null: from the beginning
  /// @param max from 1 to [#KEYS_MAX]; a page has fewer where there are no more
  /// @throws IllegalArgumentException if `max` is out of range
  List<KeyEntry> keysAfter(Opened partition, @Nullable KeyEntry after, int max);

  /// Begins to count the rows of `range`, as they are when this returns, or, while the partition is
  /// being filled, with what is added until the count ends. It ends whether or not somebody awaits
  /// it.
  ///
  /// @param base what the sum of creation times is relative to
  /// @throws StorageException.Unavailable if the database stays away, or too many counts are under
  ///   way: to be tried again later
  Counting count(Opened partition, PositionRange range, Instant base);

  /// Removes keys older than `beforeMinute`, and marks that were followed by higher ones; on a
  /// best-effort basis.
  void pruneKeys(Opened partition, int beforeMinute);

  /// Those of `mine` that are no longer held under that epoch.
  Set<PartitionKey> superseded(Map<PartitionKey, Epoch> mine);

  /// Asks the database for its clock, as a sign of life.
  Instant databaseTime();

  @Override
  void close();

  /// @throws IllegalArgumentException if a page of `max` keys cannot be asked for
  static void checkKeysMax(int max) {
    if (max < 1 || max > KEYS_MAX) {
      throw new IllegalArgumentException("a page of " + max + " keys");
    }
  }
}

package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// All that one turn of a partition changes. Already netted: a position occurs in it once, and
/// every new position has never been sent before and belongs to the epoch of `partition`, or, in a
/// partition that is being filled from another one, to an epoch at or below the highest one that
/// its first opening was told, see [PartitionStore]. The arrays are not copied.
///
/// @param partition whose epoch must still stand for anything to be written
/// @param items new rows, rising by position within ready and not ready
/// @param moves rows that go to a new position
/// @param removed positions of rows that go, rising
/// @param leases new leases
/// @param endedLeases ids of leases that go
/// @param keys new keys; none of them is stored yet
/// @param removedKeys hashes of keys stored under [KeyEntry#KEPT] that go
/// @param lowWater a new mark, in neither part below the one before, or null
public record Batch(
    OpenResult.Opened partition,
    TurnToken token,
    List<StoredItem> items,
    List<Move> moves,
    long[] removed,
    List<StoredLease> leases,
    long[] endedLeases,
    List<KeyEntry> keys,
    List<KeyHash> removedKeys,
    @Nullable LowWater lowWater) {
  public Batch {
    requireNonNull(partition, "partition");
    requireNonNull(token, "token");
    items = List.copyOf(items);
    moves = List.copyOf(moves);
    leases = List.copyOf(leases);
    keys = List.copyOf(keys);
    removedKeys = List.copyOf(removedKeys);
  }

  /// The same changes under a raised epoch. New positions still belong to their own, so this is for
  /// a batch without any.
  public Batch under(OpenResult.Opened raised) {
    return new Batch(
        raised, token, items, moves, removed, leases, endedLeases, keys, removedKeys, lowWater);
  }
}

package io.querator.storage.mongo;

import io.querator.storage.KeyHash;
import io.querator.storage.PositionRange;
import java.util.Arrays;
import java.util.List;

/// What a committed turn removes. It is deleted after the commit; until then readers leave it out.
/// The arrays are not copied.
///
/// @param turn number of the turn
/// @param positions rising
/// @param leases their ids
/// @param keys that were kept until removed. A key may come back under its hash, so only those are
///   meant that an earlier turn wrote
record Removal(long turn, long[] positions, long[] leases, List<KeyHash> keys) {
  Removal {
    keys = List.copyOf(keys);
  }

  boolean isEmpty() {
    return positions.length == 0 && leases.length == 0 && keys.isEmpty();
  }

  boolean touches(PositionRange range) {
    return positions.length > 0
        && positions[0] <= range.to()
        && positions[positions.length - 1] >= range.from();
  }

  boolean removesItem(long position) {
    return positions.length > 0
        && positions[0] <= position
        && position <= positions[positions.length - 1]
        && Arrays.binarySearch(positions, position) >= 0;
  }

  boolean removesLease(long id) {
    return Arrays.stream(leases).anyMatch(ended -> ended == id);
  }

  boolean removesKey(KeyHash hash, long writtenBy) {
    return writtenBy < turn && keys.contains(hash);
  }
}

package io.querator.queue;

import io.querator.storage.ItemHead;
import io.querator.storage.StoredLease;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The items that one lease call holds, kept in arrays since there may be a million. Owned by the
/// partition loop; the [LeaseTable] knows which of the items are still held.
final class Lease {
  final long id;
  final String client;

  /// Microseconds since 1970 by the loop's clock.
  final long deadline;

  private final long[] positions;
  private final long[] placedAt;
  private final long[] createdAt;
  private final long[] expireAt;
  private final int[] attempts;

  /// Null if none of the items has one.
  private final String @Nullable [] sourceIds;

  /// How many of the items are still held.
  int held;

  /// @param heads in the order of their positions, with the attempts of this lease
  Lease(long id, String client, long deadline, List<ItemHead> heads) {
    this.id = id;
    this.client = client;
    this.deadline = deadline;
    int n = heads.size();
    positions = new long[n];
    placedAt = new long[n];
    createdAt = new long[n];
    expireAt = new long[n];
    attempts = new int[n];
    boolean named = false;
    for (int i = 0; i < n; i++) {
      ItemHead head = heads.get(i);
      positions[i] = head.position();
      placedAt[i] = head.placedAt();
      createdAt[i] = head.createdAt();
      expireAt[i] = head.expireAt();
      attempts[i] = head.attempts();
      named |= !head.sourceId().isEmpty();
    }
    sourceIds = named ? heads.stream().map(ItemHead::sourceId).toArray(String[]::new) : null;
    held = n;
  }

  long[] positions() {
    return positions;
  }

  /// The item at `position`, which this lease was given.
  ItemHead head(long position) {
    int i = Arrays.binarySearch(positions, position);
    String sourceId = sourceIds == null ? "" : sourceIds[i];
    return new ItemHead(
        position, placedAt[i], createdAt[i], expireAt[i], ItemHead.READY, attempts[i], 0, sourceId);
  }

  /// What is to be kept of it.
  ///
  /// @param databaseDeadline the deadline by the database's clock
  StoredLease stored(long databaseDeadline) {
    return new StoredLease(id, client, databaseDeadline, positions, attempts);
  }
}

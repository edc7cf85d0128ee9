package io.querator.storage;

import org.jspecify.annotations.Nullable;

/// Takes the row at `from` to the new position `to`; content, creation and expiry stay. Times are
/// microseconds since 1970-01-01T00:00Z.
///
/// @param dueAt as in [ItemHead#dueAt]
/// @param sourceId replaces the row's source id, or null: it stays
public record Move(
    long from, long to, long placedAt, long dueAt, int attempts, @Nullable String sourceId) {
  public Move {
    if (Position.isReady(to) != (dueAt == ItemHead.READY)) {
      throw new IllegalArgumentException("position " + to + " does not go with due time " + dueAt);
    }
  }
}

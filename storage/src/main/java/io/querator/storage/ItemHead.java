package io.querator.storage;

import static java.util.Objects.requireNonNull;

/// What is kept of an item besides its content. Times are microseconds since 1970-01-01T00:00Z.
///
/// @param position where it stands, see [Position]
/// @param placedAt when it took this position; its second is part of the item's public id, and it
///   never falls while positions rise
/// @param createdAt when the item was produced
/// @param expireAt when it expires if it is ready then
/// @param dueAt when it becomes ready; [#READY] for a ready row, [#NEVER] for one that waits for a
///   dead queue
/// @param attempts how often it has been leased, not counting a lease that is live
/// @param maxAttempts as given by an import, else 0
/// @param sourceId the id it had before it was imported or dead-lettered, or empty
public record ItemHead(
    long position,
    long placedAt,
    long createdAt,
    long expireAt,
    long dueAt,
    int attempts,
    int maxAttempts,
    String sourceId) {
  /// `dueAt` of a row that is ready.
  public static final long READY = Long.MIN_VALUE;

  /// `dueAt` of a row that waits until a dead queue exists.
  public static final long NEVER = Long.MAX_VALUE;

  public ItemHead {
    requireNonNull(sourceId, "sourceId");
    if (Position.isReady(position) != (dueAt == READY)) {
      throw new IllegalArgumentException(
          "position " + position + " does not go with due time " + dueAt);
    }
  }
}

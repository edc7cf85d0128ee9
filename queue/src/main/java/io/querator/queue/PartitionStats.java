package io.querator.queue;

import static java.util.Objects.requireNonNull;

/// The numbers of a partition after a turn. Times are microseconds since 1970.
///
/// @param total ready and leased items
/// @param leased items under a live lease
/// @param scheduled items that are not ready: scheduled, or waiting for a dead queue
/// @param exact whether the counts are exact; else rows are still being counted
/// @param createdSumMillis sum of the creation times of all `total` items, in milliseconds from
///   `baseMillis`
/// @param deadlineSumMillis sum of the lease deadlines of all `leased` items, in milliseconds from
///   `baseMillis`
/// @param baseMillis milliseconds since 1970
/// @param ready items in memory that can be leased at once
/// @param more whether ready items beyond these may be stored
/// @param headPlacedAt when the first ready item took its place, [Long#MAX_VALUE] if there is none
///   in memory
public record PartitionStats(
    Status status,
    long epoch,
    long total,
    int leased,
    long scheduled,
    boolean exact,
    long createdSumMillis,
    long deadlineSumMillis,
    long baseMillis,
    int ready,
    boolean more,
    long headPlacedAt,
    long produced,
    long leases,
    long completed,
    long retried,
    long leasesExpired,
    long expired,
    long dead) {
  public PartitionStats {
    requireNonNull(status, "status");
  }

  /// What a partition is doing.
  public enum Status {
    /// Reading its memory for the first time: commands wait.
    OPENING,
    SERVING,
    /// Its storage is away: commands are refused.
    FAILING,
    CLOSED
  }

  static PartitionStats of(Status status) {
    return new PartitionStats(
        status, 0, 0, 0, 0, false, 0, 0, 0, 0, false, Long.MAX_VALUE, 0, 0, 0, 0, 0, 0, 0);
  }

  /// Items that wait to be leased: what a choice between partitions goes by.
  public long waiting() {
    return exact ? total - leased : Math.max(ready, total - leased);
  }

  /// Whether a lease call would find something, as far as this tells.
  public boolean hasReady() {
    return ready > 0 || more;
  }
}

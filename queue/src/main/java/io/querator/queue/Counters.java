package io.querator.queue;

import io.querator.storage.ItemHead;

/// How many items a partition has, and how old they are. Owned by the partition loop.
///
/// Exact from the start where memory saw all rows; else relative until the count of what was stored
/// is added.
final class Counters {
  private static final int MICROS_PER_MILLI = 1_000;

  private final long baseMillis;
  private long total;
  private long createdSumMillis;
  private long scheduled;
  private boolean totalExact;
  private boolean scheduledExact;

  /// @param baseMillis what the sum of creation times is relative to, in milliseconds since 1970
  Counters(long baseMillis) {
    this.baseMillis = baseMillis;
  }

  Counters copy() {
    Counters copy = new Counters(baseMillis);
    copy.total = total;
    copy.createdSumMillis = createdSumMillis;
    copy.scheduled = scheduled;
    copy.totalExact = totalExact;
    copy.scheduledExact = scheduledExact;
    return copy;
  }

  /// An item came among the ready and leased ones.
  void add(ItemHead head) {
    total++;
    createdSumMillis += millis(head.createdAt());
  }

  /// An item left the ready and leased ones.
  void remove(ItemHead head) {
    total--;
    createdSumMillis -= millis(head.createdAt());
  }

  void addScheduled() {
    scheduled++;
  }

  void removeScheduled() {
    scheduled--;
  }

  /// Only the leased items are left.
  void clearReady(int leased, long leasedCreatedSumMillis) {
    total = leased;
    createdSumMillis = leasedCreatedSumMillis;
    totalExact = true;
  }

  void clearScheduled() {
    scheduled = 0;
    scheduledExact = true;
  }

  /// From here on changes are added up, relative to what a count that begins now will find.
  void restartTotal() {
    total = 0;
    createdSumMillis = 0;
  }

  void restartScheduled() {
    scheduled = 0;
  }

  /// Adds what was stored at the restart.
  void counted(long items, long createdSum) {
    if (!totalExact) {
      total += items;
      createdSumMillis += createdSum;
      totalExact = true;
    }
  }

  void countedScheduled(long items) {
    if (!scheduledExact) {
      scheduled += items;
      scheduledExact = true;
    }
  }

  long baseMillis() {
    return baseMillis;
  }

  /// Ready and leased items.
  long total() {
    return total;
  }

  /// Sum of the ready and leased items' creation times, relative to the base.
  long createdSumMillis() {
    return createdSumMillis;
  }

  long scheduled() {
    return scheduled;
  }

  boolean isExact() {
    return totalExact && scheduledExact;
  }

  boolean totalExact() {
    return totalExact;
  }

  boolean scheduledExact() {
    return scheduledExact;
  }

  private long millis(long micros) {
    return Math.floorDiv(micros, MICROS_PER_MILLI) - baseMillis;
  }
}

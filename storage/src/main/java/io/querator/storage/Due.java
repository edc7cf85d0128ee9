package io.querator.storage;

/// A place in the order of due times: the item at `position`, due at `dueAt` (microseconds since
/// 1970-01-01T00:00Z).
public record Due(long dueAt, long position) implements Comparable<Due> {
  /// Before every item.
  public static final Due FIRST = new Due(Long.MIN_VALUE, Long.MIN_VALUE);

  /// Before every item that waits for a dead queue, after every other.
  public static final Due FIRST_NEVER = new Due(ItemHead.NEVER, Long.MIN_VALUE);

  @Override
  public int compareTo(Due other) {
    int byTime = Long.compare(dueAt, other.dueAt);
    return byTime != 0 ? byTime : Long.compare(position, other.position);
  }
}

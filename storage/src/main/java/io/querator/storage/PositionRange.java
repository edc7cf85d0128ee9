package io.querator.storage;

/// The positions from `from` to `to`, both inclusive; empty where `to < from`.
public record PositionRange(long from, long to) {
  /// Every ready row.
  public static final PositionRange READY = new PositionRange(0, Long.MAX_VALUE);

  /// Every row that is not ready.
  public static final PositionRange NOT_READY = new PositionRange(Long.MIN_VALUE, -1);

  public boolean contains(long position) {
    return from <= position && position <= to;
  }

  public boolean isEmpty() {
    return to < from;
  }
}

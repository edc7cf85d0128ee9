package io.querator.storage;

/// The layout of a position, the primary key of an item within its partition.
///
/// A position is a `long`: the sign bit marks a row that is *not ready* (scheduled, or waiting for
/// a missing dead queue), 23 bits are the epoch that gave it, 40 bits count within the epoch. It is
/// known before the commit, rises within the ready and within the not-ready rows, and is never
/// given twice. Leases are numbered the same way.
public final class Position {
  /// The highest count an owner gives before it raises its epoch. It may go beyond by what one turn
  /// needs; public ids rely on the highest bit of the count being 0.
  public static final long COUNT_MAX = 1L << 38;

  /// How many of the low bits are the count.
  public static final int COUNT_BITS = 40;

  private Position() {}

  /// The ready position number `count` of `epoch`.
  public static long ready(Epoch epoch, long count) {
    return epoch.value() << COUNT_BITS | count;
  }

  /// The not-ready position number `count` of `epoch`.
  public static long notReady(Epoch epoch, long count) {
    return Long.MIN_VALUE | ready(epoch, count);
  }

  /// Whether a row at `position` may be leased.
  public static boolean isReady(long position) {
    return position >= 0;
  }

  /// The number of `position` within its epoch.
  public static long count(long position) {
    return position & (1L << COUNT_BITS) - 1;
  }

  /// The epoch that gave `position`. In a partition that was filled from another one, that may be
  /// an epoch of the other.
  public static Epoch epoch(long position) {
    return new Epoch((position & Long.MAX_VALUE) >>> COUNT_BITS);
  }
}

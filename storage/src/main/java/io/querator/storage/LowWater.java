package io.querator.storage;

/// Where the live rows of a partition begin.
///
/// Whatever lies below and is under no lease is gone or garbage: reads may begin here, and a reader
/// that finds a row below must treat it as removed. *clear* is a low-water mark, followed by
/// deletes in chunks.
///
/// @param ready lower bound of the ready rows, 0 or more
/// @param notReady lower bound of the not-ready rows, negative
public record LowWater(long ready, long notReady) {
  /// Nothing is known to be gone.
  public static final LowWater NONE = new LowWater(0, Long.MIN_VALUE);

  public LowWater {
    if (ready < 0 || notReady >= 0) {
      throw new IllegalArgumentException("low water out of range: " + ready + ", " + notReady);
    }
  }
}

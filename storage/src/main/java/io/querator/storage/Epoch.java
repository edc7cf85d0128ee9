package io.querator.storage;

/// The number of an ownership of a partition: it rises with every take-over and never goes back.
///
/// @param value 0 (never opened) to 2^23 - 1, so that a [Position] has room for it
public record Epoch(long value) implements Comparable<Epoch> {
  /// Before the first opening.
  public static final Epoch NONE = new Epoch(0);

  private static final long MAX = (1L << 23) - 1;

  public Epoch {
    if (value < 0 || value > MAX) {
      throw new IllegalArgumentException("epoch out of range: " + value);
    }
  }

  @Override
  public int compareTo(Epoch other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return Long.toString(value);
  }
}

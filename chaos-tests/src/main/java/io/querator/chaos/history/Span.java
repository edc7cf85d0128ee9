package io.querator.chaos.history;

/// When something began and ended, in nanoseconds since the run began, by the clock of the one
/// process that records all.
public record Span(long start, long end) {
  public Span {
    if (end < start) {
      throw new IllegalArgumentException("ends before it starts: " + start + " to " + end);
    }
  }

  /// Whether it was over when the other began.
  public boolean before(Span other) {
    return end < other.start;
  }
}

package io.querator.queue;

/// Is told of every turn that was written, by the loop's thread: it must be quick.
public interface TurnObserver {
  /// Ignores everything.
  TurnObserver NONE = (_, _, _) -> {};

  /// @param rows written or removed
  /// @param turnNanos from the first decision to the last reply
  /// @param commitNanos of these in the store
  void turn(int rows, long turnNanos, long commitNanos);

  /// A commit was refused, since another process owns the partition.
  default void fenced() {
    // most do not care
  }
}

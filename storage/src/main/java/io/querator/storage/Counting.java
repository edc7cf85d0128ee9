package io.querator.storage;

/// A count under way, of the rows as they were when it was begun.
public interface Counting extends AutoCloseable {
  /// Waits for the result. Blocks for as long as the database needs to scan the range.
  ///
  /// @throws StorageException if the count failed
  Counts await();

  /// Gives the connection back, finished or not.
  @Override
  void close();

  /// How many rows, and how old.
  ///
  /// @param createdSumMillis sum over the rows of the whole milliseconds (rounded down) from the
  ///   count's base to `createdAt`
  record Counts(long items, long createdSumMillis) {}
}

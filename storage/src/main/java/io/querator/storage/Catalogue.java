package io.querator.storage;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The definitions of all queues, kept in the first storage. Changes are compare-and-set by
/// version.
///
/// Implementations are safe for use by many threads and block the calling one; they throw
/// [StorageException.Unavailable] when the database stays away, in which case a change may or may
/// not have been made.
public interface Catalogue {
  /// All queues, in the order of their names (bytes of UTF-8).
  List<QueueRecord> queues();

  Optional<QueueRecord> queue(String name);

  /// The versions of all queues by their names: what tells cheaply which of them have changed.
  Map<String, Long> versions();

  /// Adds a queue.
  ///
  /// @return false if the name is taken
  boolean create(QueueRecord queue);

  /// Replaces the queue of the same name whose version is `queue.version() - 1`.
  ///
  /// @return false if there is none
  boolean replace(QueueRecord queue);

  /// Removes a queue at a version.
  ///
  /// @return false if there is none
  boolean delete(String name, long version);
}

package io.querator.queue;

import io.querator.storage.Batch;

/// Learns what the loop of a partition writes, on the loop's thread and in the order of the
/// commits. The loop goes on when a method returns.
public interface CommitListener {
  /// `batch` is durable.
  void committed(Batch batch);

  /// Something may have been written that is not told.
  void lost();
}

package io.querator.storage;

import static java.util.Objects.requireNonNull;

/// Where a partition of a queue lies.
///
/// @param index its number within the queue, from 0
/// @param storage name of the configured storage that holds it
/// @param state whether it takes new items
public record PartitionRecord(int index, PartitionKey key, String storage, State state) {
  /// A draining partition takes no new items and is dropped when it is empty.
  public enum State {
    ACTIVE,
    DRAINING
  }

  public PartitionRecord {
    requireNonNull(key, "key");
    requireNonNull(storage, "storage");
    requireNonNull(state, "state");
    if (index < 0) {
      throw new IllegalArgumentException("partition index < 0: " + index);
    }
  }
}

package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.storage.PartitionStore;

/// A configured database.
///
/// @param name kept with each partition
/// @param affinity its share of new partitions relative to the other storages', 0: none
public record Storage(String name, PartitionStore store, double affinity) {
  public Storage {
    requireNonNull(name, "name");
    requireNonNull(store, "store");
    if (!(affinity >= 0) || Double.isInfinite(affinity)) {
      throw new IllegalArgumentException("affinity of storage " + name + ": " + affinity);
    }
  }
}

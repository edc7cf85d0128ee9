package io.querator.storage;

import static java.util.Objects.requireNonNull;

/// Where the rows of a partition lie.
///
/// @param storage name of the configured storage
/// @param key under which that storage knows the partition: the partition's own until it is moved
///   for the first time, then one that was made for that move and never used before
public record Location(String storage, PartitionKey key) {
  public Location {
    requireNonNull(storage, "storage");
    requireNonNull(key, "key");
  }
}

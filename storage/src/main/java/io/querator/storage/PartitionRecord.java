package io.querator.storage;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// A partition of a queue, and where it lies.
///
/// @param index its number within the queue, from 0
/// @param key its identity, which never changes
/// @param location the one that is in charge
/// @param relocation where it shall move to; null if it shall stay
/// @param state whether it takes new items
public record PartitionRecord(
    int index, PartitionKey key, Location location, @Nullable Relocation relocation, State state) {
  /// A draining partition takes no new items and is dropped when it is empty.
  public enum State {
    ACTIVE,
    DRAINING
  }

  public PartitionRecord {
    requireNonNull(key, "key");
    requireNonNull(location, "location");
    requireNonNull(state, "state");
    if (index < 0) {
      throw new IllegalArgumentException("partition index < 0: " + index);
    }
  }

  /// A partition that has never moved and shall not.
  public PartitionRecord(int index, PartitionKey key, String storage, State state) {
    this(index, key, new Location(storage, key), null, state);
  }

  /// The name of the storage that is in charge.
  public String storage() {
    return location.storage();
  }

  /// The name of the storage that it lies on, or is on its way to.
  public String goal() {
    return relocation == null ? location.storage() : relocation.storage();
  }

  /// The same partition in another state.
  public PartitionRecord in(State changed) {
    return new PartitionRecord(index, key, location, relocation, changed);
  }

  /// The same partition, which shall move as `wanted` says, or stay if that is null.
  public PartitionRecord relocating(@Nullable Relocation wanted) {
    return new PartitionRecord(index, key, location, wanted, state);
  }

  /// The same partition, moved.
  public PartitionRecord at(Location moved) {
    return new PartitionRecord(index, key, moved, null, state);
  }
}

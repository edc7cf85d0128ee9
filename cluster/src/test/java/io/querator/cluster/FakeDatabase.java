package io.querator.cluster;

import io.querator.cluster.Holdings.Decision;
import io.querator.storage.PartitionKey;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/// The fence rows of a database, and who was ever given which epoch.
final class FakeDatabase {
  private record Fence(long epoch, UUID process, long generation, long version) {
    static final Fence NONE = new Fence(0, new UUID(0, 0), 0, 0);
  }

  private record Grant(PartitionKey key, long epoch) {}

  private Map<PartitionKey, Fence> fences = new HashMap<>();
  private Map<PartitionKey, Fence> backup = new HashMap<>();
  private final Map<Grant, UUID> grants = new HashMap<>();
  private boolean restored;

  /// @return the epoch, or 0 if the claim is not newer than the stored one
  long open(PartitionKey key, UUID process, Decision decision, long seen) {
    Fence fence = fences.getOrDefault(key, Fence.NONE);
    boolean newer =
        decision.generation() > fence.generation()
            || (decision.generation() == fence.generation()
                && decision.version() > fence.version());
    if (!newer) {
      return 0;
    }
    long epoch = Math.max(fence.epoch(), seen) + 1;
    fences.put(key, new Fence(epoch, process, decision.generation(), decision.version()));
    UUID before = grants.put(new Grant(key, epoch), process);
    if (before != null && !restored) {
      throw new AssertionError(
          "epoch " + epoch + " of " + key + " was given to " + before + " and " + process);
    }
    return epoch;
  }

  /// Whether a write of this epoch by this process takes effect. The epoch alone would not do: a
  /// database that was restored may give one again.
  boolean admits(PartitionKey key, long epoch, UUID process) {
    Fence fence = fences.getOrDefault(key, Fence.NONE);
    return fence.epoch() == epoch && fence.process().equals(process);
  }

  long highestGeneration() {
    return fences.values().stream().mapToLong(Fence::generation).max().orElse(0);
  }

  void backUp() {
    backup = new HashMap<>(fences);
  }

  /// Goes back to the last backup, as a person does who has lost the disk.
  void restore() {
    fences = new HashMap<>(backup);
    restored = true;
  }
}

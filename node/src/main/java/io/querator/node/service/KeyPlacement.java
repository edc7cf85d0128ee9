package io.querator.node.service;

import io.querator.storage.KeyHash;
import java.util.ArrayList;
import java.util.List;

/// Where a produce with an idempotency key goes: rendezvous hashing, so that a change of the
/// partition count moves as few keys as possible.
final class KeyPlacement {
  private KeyPlacement() {}

  /// The home of `key` among `active`, which is not empty.
  static PartitionSlot home(KeyHash key, List<PartitionSlot> active) {
    PartitionSlot best = active.getFirst();
    for (PartitionSlot slot : active) {
      if (Long.compareUnsigned(score(key, slot), score(key, best)) > 0) {
        best = slot;
      }
    }
    return best;
  }

  /// Every partition that was the home of `key` when fewer or more of `slots` were active.
  ///
  /// The active partitions are always those with the lowest indexes. So a home at any time is one
  /// whose score is above those of all partitions before it: a handful even among a thousand.
  ///
  /// @param slots in the order of their index
  static List<PartitionSlot> homesAtAnyTime(KeyHash key, List<PartitionSlot> slots) {
    List<PartitionSlot> homes = new ArrayList<>();
    long best = 0;
    for (PartitionSlot slot : slots) {
      long score = score(key, slot);
      if (homes.isEmpty() || Long.compareUnsigned(score, best) > 0) {
        homes.add(slot);
        best = score;
      }
    }
    return homes;
  }

  private static long score(KeyHash key, PartitionSlot slot) {
    return mix(mix(key.high() ^ slot.key().bits()) ^ key.low());
  }

  /// The finalizer of SplitMix64: every bit of the argument changes half of the result's.
  private static long mix(long bits) {
    long z = bits + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

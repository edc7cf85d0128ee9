package io.querator.node.service;

import io.querator.node.service.PartitionSlot.Health;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Which partition of a queue takes a produce or gives a lease, by the numbers that the partitions
/// publish. Safe for use by many threads, which do not wait for each other: calls at one moment may
/// choose the same.
final class PartitionChoice {
  /// One lease in so many takes the partition whose head has waited longest.
  private static final int OLDEST_EVERY = 8;

  private final AtomicLong produces = new AtomicLong();
  private final AtomicLong leases = new AtomicLong();

  /// For new items: of the healthiest active partitions, those of this node first, the one with the
  /// fewest waiting items; of equal ones that which was chosen longest ago.
  ///
  /// @param tried those that are out of question
  /// @return null if all others are failing
  @Nullable PartitionSlot forProduce(List<PartitionSlot> slots, Collection<PartitionSlot> tried) {
    PartitionSlot best = null;
    Health bestHealth = Health.FAILING;
    boolean bestHere = false;
    long bestWaiting = 0;
    for (int i = 0; i < slots.size(); i++) {
      PartitionSlot slot = slots.get(i);
      if (!slot.isActive() || (!tried.isEmpty() && tried.contains(slot))) {
        continue;
      }
      Health health = slot.health();
      if (health == Health.FAILING || (best != null && health.compareTo(bestHealth) > 0)) {
        continue;
      }
      boolean here = slot.owner() == null;
      long waiting = slot.waiting();
      boolean better =
          best == null
              || health != bestHealth
              || (here != bestHere
                  ? here
                  : waiting < bestWaiting
                      || (waiting == bestWaiting && slot.lastProduce() < best.lastProduce()));
      if (better) {
        best = slot;
        bestHealth = health;
        bestHere = here;
        bestWaiting = waiting;
      }
    }
    if (best != null) {
      best.producedAt(produces.incrementAndGet());
    }
    return best;
  }

  /// For a lease, of the partitions with something ready, draining ones too: of those of this node
  /// the one with the most waiting items, else of the others'; now and then, of all, the one whose
  /// head has waited longest. Of equal ones that which was chosen longest ago.
  ///
  /// @return null if none has anything ready
  @Nullable PartitionSlot forLease(List<PartitionSlot> slots) {
    long number = leases.incrementAndGet();
    boolean oldest = number % OLDEST_EVERY == 0;
    PartitionSlot best = null;
    boolean bestHere = false;
    long bestRank = 0;
    for (int i = 0; i < slots.size(); i++) {
      PartitionSlot slot = slots.get(i);
      boolean here = slot.hasReady();
      if (!here && !slot.isReadyElsewhere()) {
        continue;
      }
      long rank = oldest ? -slot.headPlacedAt() : slot.waiting();
      boolean better =
          best == null
              || (here != bestHere && !oldest
                  ? here
                  : rank > bestRank || (rank == bestRank && slot.lastLease() < best.lastLease()));
      if (better) {
        best = slot;
        bestHere = here;
        bestRank = rank;
      }
    }
    if (best != null) {
      best.leasedAt(number);
    }
    return best;
  }
}

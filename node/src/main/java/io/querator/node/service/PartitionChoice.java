package io.querator.node.service;

import io.querator.node.service.PartitionSlot.Health;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Which partition of a queue takes a produce or gives a lease, by the numbers that the partitions
/// publish. Safe for use by many threads, which do not wait for each other: calls at one moment may
/// choose the same.
///
/// They are meant to: a turn costs much the same whatever is in it, so a call joins those that are
/// under way in the partition that was chosen last, as long as they are few and the partitions have
/// grown apart little. It is the idea of Kafka's sticky partitioner (KIP-480); here a call that
/// comes alone is placed by the numbers.
final class PartitionChoice {
  /// One lease in so many takes the partition whose head has waited longest.
  private static final int OLDEST_EVERY = 8;

  /// So many calls make a turn worth its cost.
  private static final int TOGETHER_MAX = 16;

  /// How many waiting items a partition may have more, or less, than the one that is next by the
  /// numbers.
  private static final long APART_MAX = 1_000;

  private volatile @Nullable PartitionSlot produced;
  private volatile @Nullable PartitionSlot leased;
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
      Health health = slot.prospect();
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
    PartitionSlot last = produced;
    if (last != null
        && mayJoin(last.producing())
        && slots.contains(last)
        && !tried.contains(last)
        && last.isActive()
        && last.prospect() == bestHealth
        && (last.owner() == null) == bestHere
        && last.waiting() - bestWaiting <= APART_MAX) {
      best = last;
    }
    produced = best;
    if (best != null) {
      best.producedAt(produces.incrementAndGet());
    }
    return best;
  }

  /// Whether a produce would do better in another partition than in one that hangs.
  ///
  /// @param tried those that are out of question
  static boolean isElsewhere(List<PartitionSlot> slots, Collection<PartitionSlot> tried) {
    return slots.stream()
        .anyMatch(
            slot -> slot.isActive() && !tried.contains(slot) && slot.prospect() == Health.SERVING);
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
    if (!oldest) {
      PartitionSlot last = leased;
      if (last != null
          && mayJoin(last.leasing())
          && slots.contains(last)
          && last.hasReady()
          && bestRank - last.waiting() <= APART_MAX) {
        best = last;
      }
      leased = best;
    }
    if (best != null) {
      best.leasedAt(number);
    }
    return best;
  }

  private static boolean mayJoin(int underWay) {
    return underWay > 0 && underWay < TOGETHER_MAX;
  }
}

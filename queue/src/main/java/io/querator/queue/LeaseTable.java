package io.querator.queue;

import io.querator.storage.ItemHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The live leases of a partition, by item and by deadline. Owned by the partition loop.
final class LeaseTable {
  private static final int MICROS_PER_MILLI = 1_000;

  private final LeaseBudget budget;
  private final long baseMillis;
  private final Map<Long, Lease> byPosition = new HashMap<>();
  private final TreeSet<Lease> byDeadline =
      new TreeSet<>(Comparator.<Lease>comparingLong(l -> l.deadline).thenComparingLong(l -> l.id));
  private long deadlineSumMillis;
  private long createdSumMillis;

  /// @param baseMillis what the sums are relative to, in milliseconds since 1970
  LeaseTable(LeaseBudget budget, long baseMillis) {
    this.budget = budget;
    this.baseMillis = baseMillis;
  }

  LeaseBudget budget() {
    return budget;
  }

  /// Adds a lease whose places in the budget are taken.
  void add(Lease lease) {
    for (long position : lease.positions()) {
      byPosition.put(position, lease);
      createdSumMillis += millis(lease.head(position).createdAt());
    }
    deadlineSumMillis += lease.held * millis(lease.deadline);
    byDeadline.add(lease);
  }

  int items() {
    return byPosition.size();
  }

  long deadlineSumMillis() {
    return deadlineSumMillis;
  }

  long createdSumMillis() {
    return createdSumMillis;
  }

  boolean holds(long position) {
    return byPosition.containsKey(position);
  }

  @Nullable Lease find(long position) {
    return byPosition.get(position);
  }

  /// The leased item with this id, or null.
  @Nullable ItemHead find(ItemId id) {
    Lease lease = byPosition.get(id.position());
    if (lease == null) {
      return null;
    }
    ItemHead head = lease.head(id.position());
    return id.names(head) ? head : null;
  }

  /// Ends the hold on `position`, which is leased.
  ///
  /// @return the lease if that was its last item, else null
  @Nullable Lease release(long position) {
    Lease lease = byPosition.remove(position);
    if (lease == null) {
      throw new IllegalStateException("not leased: position " + position);
    }
    budget.release(1);
    deadlineSumMillis -= millis(lease.deadline);
    createdSumMillis -= millis(lease.head(position).createdAt());
    lease.held--;
    if (lease.held > 0) {
      return null;
    }
    byDeadline.remove(lease);
    return lease;
  }

  /// The deadline that comes first, or [Long#MAX_VALUE].
  long firstDeadline() {
    return byDeadline.isEmpty() ? Long.MAX_VALUE : byDeadline.first().deadline;
  }

  /// The items of leases whose deadline is at or before `deadline`, by position; of whole leases,
  /// until there are `max` items. They stay until they are released.
  List<ItemHead> expired(long deadline, int max) {
    List<ItemHead> items = new ArrayList<>();
    for (Lease lease : byDeadline) {
      if (lease.deadline > deadline || items.size() >= max) {
        break;
      }
      items.addAll(held(lease));
    }
    items.sort(Comparator.comparingLong(ItemHead::position));
    return items;
  }

  /// The items that `lease` still holds, by position.
  List<ItemHead> held(Lease lease) {
    List<ItemHead> items = new ArrayList<>(lease.held);
    for (long position : lease.positions()) {
      if (byPosition.get(position) == lease) {
        items.add(lease.head(position));
      }
    }
    return items;
  }

  /// Every leased item, in no particular order.
  void forEach(Consumer<ItemHead> action) {
    byPosition.forEach((position, lease) -> action.accept(lease.head(position)));
  }

  List<Lease> leases() {
    return List.copyOf(byDeadline);
  }

  /// Forgets everything and gives the budget back.
  void clear() {
    budget.release(byPosition.size());
    byPosition.clear();
    byDeadline.clear();
    deadlineSumMillis = 0;
    createdSumMillis = 0;
  }

  private long millis(long micros) {
    return Math.floorDiv(micros, MICROS_PER_MILLI) - baseMillis;
  }
}

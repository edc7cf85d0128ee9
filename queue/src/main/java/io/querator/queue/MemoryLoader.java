package io.querator.queue;

import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import io.querator.storage.StoredLease;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;

/// Reads a partition's memory from its store: all leases, the head of the ready items, what is due
/// next. Never all items.
final class MemoryLoader {
  private static final int POSITIONS_MAX = 10_000;

  private final PartitionStore store;
  private final PartitionLimits limits;
  private final PartitionMemory memory;
  private final LeaseBudget leaseBudget;
  private final Opened opened;

  /// @param memory empty
  MemoryLoader(
      PartitionStore store,
      PartitionLimits limits,
      PartitionMemory memory,
      LeaseBudget leaseBudget) {
    this.store = store;
    this.limits = limits;
    this.memory = memory;
    this.leaseBudget = leaseBudget;
    this.opened = memory.opened();
  }

  /// Reads everything, blocking. Counters that are exact already stay as they are; others become
  /// exact if memory has seen every row, else the rows are yet to be counted.
  ///
  /// @return the partition's [Seal]; if there is one, nothing else has been read
  OptionalLong load() {
    List<StoredLease> stored = rows(() -> store.leases(opened));
    OptionalLong seal = Seal.among(stored);
    if (seal.isEmpty()) {
      leases(stored);
      window();
      scheduled();
      count();
    }
    return seal;
  }

  /// What `read` gives, where there can be anything.
  private <T> List<T> rows(Supplier<List<T>> read) {
    return opened.empty() ? List.of() : read.get();
  }

  private void leases(List<StoredLease> stored) {
    Map<Long, ItemHead> heads = heads(stored);
    for (StoredLease lease : stored) {
      List<ItemHead> held = new ArrayList<>();
      for (int i = 0; i < lease.positions().length; i++) {
        ItemHead head = heads.remove(lease.positions()[i]);
        if (head != null) {
          held.add(withAttempts(head, lease.attempts()[i]));
        }
      }
      if (held.isEmpty()) {
        memory.emptyLeases.add(lease.id());
        continue;
      }
      leaseBudget.force(held.size());
      memory.leases.add(
          new Lease(lease.id(), lease.client(), lease.deadline() - memory.clockOffset, held));
    }
  }

  private Map<Long, ItemHead> heads(List<StoredLease> stored) {
    long[] positions =
        stored.stream().flatMapToLong(l -> Arrays.stream(l.positions())).sorted().toArray();
    Map<Long, ItemHead> heads = new HashMap<>();
    for (int from = 0; from < positions.length; from += POSITIONS_MAX) {
      int to = Math.min(positions.length, from + POSITIONS_MAX);
      store
          .heads(opened, Arrays.copyOfRange(positions, from, to))
          .forEach(head -> heads.put(head.position(), head));
    }
    return heads;
  }

  private void window() {
    boolean more = true;
    while (more && memory.wantsRefill()) {
      PositionRange range = memory.beginRefill();
      List<StoredItem> rows = rows(() -> store.items(opened, range, memory.refillLimit()));
      boolean room = memory.refill(rows, range.to(), rows.isEmpty());
      more = room && !rows.isEmpty();
    }
  }

  private void scheduled() {
    // dead items come last: where there are few rows, one read finds them too
    List<ItemHead> rows =
        rows(() -> store.due(opened, Due.FIRST, ItemHead.NEVER, limits.scheduledItems()));
    boolean all = rows.size() < limits.scheduledItems();
    List<ItemHead> scheduled =
        new ArrayList<>(rows.stream().filter(head -> head.dueAt() < ItemHead.NEVER).toList());
    List<ItemHead> dead =
        new ArrayList<>(
            all
                ? rows.subList(scheduled.size(), rows.size())
                : store.due(opened, Due.FIRST_NEVER, ItemHead.NEVER, limits.chunkItems()));
    boolean allScheduled = all || scheduled.size() < rows.size();
    Due to = allScheduled ? Schedule.END : Schedule.due(scheduled.getLast());
    boolean allDead = all || dead.size() < limits.chunkItems();
    scheduled.removeIf(memory::isCleared);
    memory.schedule.load(scheduled, to);
    dead.removeIf(memory::isCleared);
    memory.dead.load(dead, allDead);
  }

  private void count() {
    Counters counters = memory.counters;
    if (!counters.totalExact() && !memory.hasBeyond()) {
      counters.restartTotal();
      memory.leases.forEach(counters::add);
      memory.window.forEach(item -> counters.add(item.head()));
      counters.counted(0, 0);
    }
    if (!counters.scheduledExact() && memory.schedule.isComplete() && memory.dead.isComplete()) {
      counters.restartScheduled();
      counters.countedScheduled(memory.schedule.size() + memory.dead.size());
    }
  }

  private static ItemHead withAttempts(ItemHead head, int attempts) {
    return new ItemHead(
        head.position(),
        head.placedAt(),
        head.createdAt(),
        head.expireAt(),
        head.dueAt(),
        attempts,
        head.maxAttempts(),
        head.sourceId());
  }
}

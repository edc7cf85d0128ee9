package io.querator.node.service;

import io.querator.queue.Command.Describe;
import io.querator.queue.Command.Description;
import io.querator.queue.Command.LeaseState;
import io.querator.queue.ItemId;
import io.querator.queue.Outcome;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Reads items of a partition from its storage, outside its loop, and asks the loop only for what
/// rows do not tell. Safe for use by many threads.
public final class ItemReader {
  /// How long a list waits for memory before it is refused.
  private static final long MEMORY_WAIT_MICROS = 5_000_000;

  private final ListBudget budget;

  /// @param listBytes memory for the rows of all lists under way
  ItemReader(long listBytes) {
    budget = new ListBudget(listBytes);
  }

  /// Which items are listed.
  public enum Kind {
    /// Queued and leased ones.
    READY(PositionRange.READY),
    /// Those that are not ready yet.
    SCHEDULED(PositionRange.NOT_READY);

    private final PositionRange range;

    Kind(PositionRange range) {
      this.range = range;
    }
  }

  /// Gives items in the order of their ids to `sink`, until it has had enough or there are no more.
  ///
  /// Never holds more than a page of them, and waits while too many others do. An item that is
  /// taken away or moves meanwhile may be left out.
  ///
  /// @param pivot ids before it are left out; null: none
  /// @param sink false: enough
  /// @return done, or why the partition could not be asked
  /// @throws StorageException if its storage is away
  public Outcome<Boolean> list(
      ServedQueue queue,
      PartitionSlot slot,
      Kind kind,
      @Nullable ItemId pivot,
      long deadline,
      Predicate<ListedItem> sink) {
    Outcome<Description> described = queue.call(slot, new Describe(new long[0]), deadline);
    Partition partition = slot.partition(deadline);
    if (!(described instanceof Done<Description>(var description)) || partition == null) {
      return failed(described);
    }
    PartitionStore store = partition.store();
    Opened opened = partition.opened();
    long from =
        pivot == null
            ? kind.range.from()
            : new PivotSearch(slot.key(), store, opened, kind.range).firstNotBefore(pivot);
    RowPages pages = new RowPages(store, opened, kind.range, description.lowWater(), from);
    try (ListBudget.Share memory = budget.open()) {
      while (true) {
        if (!memory.resize(RowPages.BYTES, MEMORY_WAIT_MICROS)) {
          return new NotExecuted<>(Reason.OVERLOADED);
        }
        List<StoredItem> rows = pages.next();
        if (rows.isEmpty()) {
          return new Done<>(true);
        }
        if (!memory.resize(RowPages.bytes(rows), MEMORY_WAIT_MICROS)) {
          return new NotExecuted<>(Reason.OVERLOADED);
        }
        Outcome<Description> page = queue.call(slot, new Describe(positions(rows)), deadline);
        if (!(page instanceof Done<Description>(var now))) {
          return failed(page);
        }
        for (ListedItem item : overlaid(rows, now, slot.key(), store, opened)) {
          if (!sink.test(item)) {
            return new Done<>(true);
          }
        }
      }
    }
  }

  private static long[] positions(List<StoredItem> rows) {
    return rows.stream().mapToLong(StoredItem::position).toArray();
  }

  private static Outcome<Boolean> failed(Outcome<?> outcome) {
    return outcome instanceof NotExecuted<?>(var reason)
        ? new NotExecuted<>(reason)
        : new NotExecuted<>(Reason.FAILING);
  }

  /// The rows as items, without those that are garbage or have gone since they were read.
  private static List<ListedItem> overlaid(
      List<StoredItem> rows,
      Description now,
      PartitionKey key,
      PartitionStore store,
      Opened opened) {
    Map<Long, LeaseState> leases = byPosition(now);
    long[] unleased =
        rows.stream()
            .filter(row -> !leases.containsKey(row.position()) && isAbove(row.position(), now))
            .mapToLong(StoredItem::position)
            .toArray();
    Set<Long> there =
        store.heads(opened, unleased).stream().map(ItemHead::position).collect(Collectors.toSet());
    List<ListedItem> items = new ArrayList<>(rows.size());
    for (StoredItem row : rows) {
      LeaseState lease = leases.get(row.position());
      if (lease != null || there.contains(row.position())) {
        items.add(new ListedItem(ItemId.of(key, row.head()), row, lease));
      }
    }
    return items;
  }

  private static Map<Long, LeaseState> byPosition(Description description) {
    Map<Long, LeaseState> leases = new HashMap<>();
    description.leases().forEach(lease -> leases.put(lease.position(), lease));
    return leases;
  }

  private static boolean isAbove(long position, Description description) {
    return Position.isReady(position)
        ? position >= description.lowWater().ready()
        : position >= description.lowWater().notReady();
  }

  /// How items are that a complete or a retry named, in the order of `ids`.
  ///
  /// @return the states, or why the partition could not be asked
  /// @throws StorageException if its storage is away
  public Outcome<List<ItemState>> states(
      ServedQueue queue, PartitionSlot slot, List<ItemId> ids, long deadline) {
    long[] positions =
        ids.stream()
            .filter(id -> id.partition().equals(slot.key()) && Position.isReady(id.position()))
            .mapToLong(ItemId::position)
            .sorted()
            .distinct()
            .toArray();
    Outcome<Description> described = queue.call(slot, new Describe(positions), deadline);
    Partition partition = slot.partition(deadline);
    if (!(described instanceof Done<Description>(var description)) || partition == null) {
      return described instanceof NotExecuted<Description>(var reason)
          ? new NotExecuted<>(reason)
          : new NotExecuted<>(Reason.FAILING);
    }
    Map<Long, LeaseState> leases = byPosition(description);
    Map<Long, ItemHead> heads = new HashMap<>();
    partition
        .store()
        .heads(partition.opened(), positions)
        .forEach(head -> heads.put(head.position(), head));
    return new Done<>(ids.stream().map(id -> state(id, slot, heads, leases, description)).toList());
  }

  private static ItemState state(
      ItemId id,
      PartitionSlot slot,
      Map<Long, ItemHead> heads,
      Map<Long, LeaseState> leases,
      Description description) {
    ItemHead head = heads.get(id.position());
    if (head == null || !ItemId.of(slot.key(), head).equals(id)) {
      return ItemState.UNKNOWN;
    }
    if (leases.containsKey(id.position())) {
      return ItemState.LEASED;
    }
    return isAbove(id.position(), description) ? ItemState.NOT_LEASED : ItemState.UNKNOWN;
  }
}

package io.querator.queue;

import io.querator.storage.ItemHead;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PageLimit;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.List;

/// All that a loop remembers of its partition. Owned by the partition loop.
///
/// It can be thrown away at any time and read again with [MemoryLoader]: it holds nothing that is
/// not durable, but for what a turn under way has decided.
final class PartitionMemory {
  /// What a window may hold whatever the budget says.
  private static final long WINDOW_BYTES_MIN = 16 << 10;

  final long generation;
  final Counters counters;
  final ReadyWindow window = new ReadyWindow();
  final LeaseTable leases;
  final Schedule schedule;
  final DeadPipeline dead;

  /// Leases that were given to nobody, to be taken back.
  final List<Lease> abandoned = new ArrayList<>();

  /// Ids of stored leases whose items are gone.
  final List<Long> emptyLeases = new ArrayList<>();

  private final PartitionKey key;
  private final PartitionLimits limits;
  private final MemoryBudget budget;

  /// The database's clock minus the loop's, in microseconds.
  final long clockOffset;

  private final Numbers numbers;
  private Opened opened;
  private long lastPlacedAt;
  private LowWater lowWater;

  /// Every ready row up to this that is not leased is in the window.
  private long windowEnd;

  /// The highest ready position ever given.
  private long tail;

  /// Raised when rows that memory does not hold were touched: what was read of them before is out
  /// of date.
  private long rangeGeneration;

  /// Items added at the tail while a refill is under way.
  private final List<StoredItem> sinceRefill = new ArrayList<>();

  private long sinceRefillBytes;
  private boolean sinceRefillComplete;

  PartitionMemory(
      PartitionKey key,
      Opened opened,
      Numbers numbers,
      long generation,
      Counters counters,
      long clockOffset,
      PartitionLimits limits,
      LeaseBudget leaseBudget,
      MemoryBudget budget) {
    this.key = key;
    this.opened = opened;
    this.numbers = numbers;
    this.generation = generation;
    this.counters = counters;
    this.clockOffset = clockOffset;
    this.limits = limits;
    this.budget = budget;
    leases = new LeaseTable(leaseBudget, counters.baseMillis());
    schedule = new Schedule(limits.scheduledItems());
    dead = new DeadPipeline(limits.scheduledItems());
    lowWater = opened.lowWater();
    windowEnd = lowWater.ready() - 1;
    tail = numbers.last();
  }

  /// The partition's identity.
  PartitionKey key() {
    return key;
  }

  Opened opened() {
    return opened;
  }

  /// Follows an epoch that the store has raised.
  void opened(Opened raised) {
    opened = raised;
  }

  // Numbers

  long nextReady() {
    tail = numbers.ready();
    return tail;
  }

  long nextNotReady() {
    return numbers.notReady();
  }

  long nextLease() {
    return numbers.lease();
  }

  /// When an item that takes a place at `now` is said to have taken it: by the database's clock,
  /// which all owners share, and never before the item in front of it.
  long placedAt(long now) {
    lastPlacedAt = Math.max(lastPlacedAt, now + clockOffset);
    return lastPlacedAt;
  }

  // The ready window

  LowWater lowWater() {
    return lowWater;
  }

  long tail() {
    return tail;
  }

  long windowEnd() {
    return windowEnd;
  }

  /// Whether rows may follow the window.
  boolean hasBeyond() {
    return windowEnd < tail;
  }

  long rangeGeneration() {
    return rangeGeneration;
  }

  void touchRange() {
    rangeGeneration++;
  }

  /// Adds an item that this turn puts at the tail; `before` is the tail before it.
  void append(StoredItem item, long before) {
    if (windowEnd == before && admit(item)) {
      window.add(item);
      windowEnd = item.position();
      return;
    }
    long bytes = item.content().sizeBytes();
    if (sinceRefillComplete
        && sinceRefill.size() < limits.refillItems()
        && sinceRefillBytes + bytes <= limits.refillBytes()) {
      sinceRefill.add(item);
      sinceRefillBytes += bytes;
    } else {
      sinceRefillComplete = false;
    }
  }

  /// A row without content came to the tail: only a refill can bring it into the window.
  void appendUnseen() {
    sinceRefillComplete = false;
  }

  /// A leased row came to the tail, which the window passes over.
  void appendLeased(long position, long before) {
    if (windowEnd == before) {
      windowEnd = position;
    }
  }

  private boolean admit(StoredItem item) {
    long bytes = item.content().sizeBytes();
    if (window.isEmpty() || window.bytes() + bytes <= WINDOW_BYTES_MIN) {
      budget.force(bytes);
      return true;
    }
    return window.size() < limits.windowItems()
        && window.bytes() + bytes <= limits.windowBytes()
        && budget.take(bytes);
  }

  /// Gives back the bytes of an item that left the window.
  void released(StoredItem item) {
    budget.release(item.content().sizeBytes());
  }

  boolean wantsRefill() {
    long room =
        Math.max(
            WINDOW_BYTES_MIN, Math.min(limits.windowBytes(), window.bytes() + budget.freeBytes()));
    return hasBeyond() && window.size() <= limits.windowItems() / 2 && window.bytes() <= room / 2;
  }

  PageLimit refillLimit() {
    long bytes = Math.clamp(budget.freeBytes(), WINDOW_BYTES_MIN, limits.refillBytes());
    return new PageLimit(limits.refillItems(), bytes);
  }

  /// What the next refill reads; until its rows come, new items are remembered.
  PositionRange beginRefill() {
    sinceRefill.clear();
    sinceRefillBytes = 0;
    sinceRefillComplete = true;
    return new PositionRange(windowEnd + 1, tail);
  }

  /// Takes in the rows that follow the window.
  ///
  /// @param to the end of the range that was read
  /// @param complete whether it has no further rows
  /// @return whether there was room for all of them
  boolean refill(List<StoredItem> rows, long to, boolean complete) {
    boolean all = addAll(rows);
    if (all && complete) {
      windowEnd = Math.max(windowEnd, to);
      if (sinceRefillComplete && addAll(sinceRefill)) {
        windowEnd = tail;
      }
    }
    sinceRefill.clear();
    sinceRefillBytes = 0;
    sinceRefillComplete = false;
    return all;
  }

  /// Adds rows as long as there is room.
  private boolean addAll(List<StoredItem> rows) {
    for (StoredItem row : rows) {
      long position = row.position();
      if (position <= windowEnd) {
        continue;
      }
      if (position >= lowWater.ready() && !leases.holds(position)) {
        if (!admit(row)) {
          return false;
        }
        window.add(row);
      }
      windowEnd = position;
      lastPlacedAt = Math.max(lastPlacedAt, row.head().placedAt());
    }
    return true;
  }

  // Clear

  /// Everything ready that is stored now and under no lease is gone.
  void clearReady() {
    budget.release(window.bytes());
    window.clear();
    lowWater = new LowWater(nextReady(), lowWater.notReady());
    windowEnd = tail;
    sinceRefillComplete = false;
    counters.clearReady(leases.items(), leases.createdSumMillis());
    touchRange();
  }

  /// Everything that is not ready now is gone.
  void clearNotReady() {
    schedule.clear();
    dead.clear();
    lowWater = new LowWater(lowWater.ready(), nextNotReady());
    counters.clearScheduled();
    touchRange();
  }

  /// The mark up to which everything is gone, leased items not counted.
  LowWater raiseLowWater() {
    StoredItem first = window.peek();
    long ready = first == null ? windowEnd + 1 : first.position();
    lowWater = new LowWater(Math.max(lowWater.ready(), ready), lowWater.notReady());
    return lowWater;
  }

  boolean isCleared(ItemHead head) {
    return Position.isReady(head.position())
        ? head.position() < lowWater.ready()
        : head.position() < lowWater.notReady();
  }

  /// Gives all budgets back.
  void discard() {
    budget.release(window.bytes());
    window.clear();
    leases.clear();
  }
}

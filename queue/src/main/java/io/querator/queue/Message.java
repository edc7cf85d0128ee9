package io.querator.queue;

import io.querator.storage.Counting.Counts;
import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.PositionRange;
import io.querator.storage.StoredItem;
import java.util.List;

/// The result of a [Work], as the loop tells it to itself from another thread.
sealed interface Message {
  Work work();

  /// Rows that follow the ready window, in `range`.
  ///
  /// @param complete whether the range has no further rows
  record Refilled(PositionRange range, List<StoredItem> rows, boolean complete) implements Message {
    @Override
    public Work work() {
      return Work.REFILL;
    }
  }

  /// The next scheduled rows.
  ///
  /// @param to up to where every row is known now
  record DueLoaded(List<ItemHead> rows, Due to) implements Message {
    @Override
    public Work work() {
      return Work.LOAD_DUE;
    }
  }

  /// Rows beyond the window that have expired.
  ///
  /// @param next where the next scan begins
  /// @param more whether that scan should begin at once
  record ExpiredFound(List<ItemHead> rows, long next, boolean more) implements Message {
    @Override
    public Work work() {
      return Work.SCAN_EXPIRED;
    }
  }

  /// Rows below a low-water mark.
  ///
  /// @param rest what is still to be scanned
  record GarbageFound(List<ItemHead> rows, PositionRange rest) implements Message {
    @Override
    public Work work() {
      return Work.SCAN_GARBAGE;
    }
  }

  /// The exact counts of what was stored when the memory was read.
  record Counted(Counts ready, Counts notReady) implements Message {
    @Override
    public Work work() {
      return Work.COUNT;
    }
  }

  /// Rows that wait for the dead queue.
  ///
  /// @param complete whether there are no further ones
  record DeadFound(List<ItemHead> rows, boolean complete) implements Message {
    @Override
    public Work work() {
      return Work.LOAD_DEAD;
    }
  }

  /// Dead items were delivered, or not.
  record DeadDelivered(String deadQueue, List<ItemHead> rows, DeadLetters.Delivery delivery)
      implements Message {
    @Override
    public Work work() {
      return Work.DELIVER_DEAD;
    }
  }

  /// The store was not there for it.
  record Failed(Work work) implements Message {}

  /// A message, and the memory that it belongs to: what comes for an older one is dropped.
  ///
  /// @param rangeGeneration of [PartitionMemory#rangeGeneration] when the work began
  record Sent(long generation, long rangeGeneration, Message message) {}

  /// What the loop has done outside of its turns, one of each at a time.
  enum Work {
    REFILL,
    LOAD_DUE,
    SCAN_EXPIRED,
    SCAN_GARBAGE,
    COUNT,
    LOAD_DEAD,
    DELIVER_DEAD
  }
}

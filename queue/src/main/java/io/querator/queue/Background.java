package io.querator.queue;

import io.querator.queue.Message.Work;
import io.querator.storage.Counting;
import io.querator.storage.Counting.Counts;
import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionStore;
import io.querator.storage.PositionRange;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a partition has read or sent outside of its turns. Owned by the partition loop; the work
/// itself runs elsewhere, touches nothing of the loop's, and its result comes back as a [Message].
final class Background {
  /// How often rows beyond the window are searched for expired ones.
  private static final long EXPIRY_SCAN_MICROS = 10_000_000;

  private static final long RETRY_MICROS = 500_000;
  private static final long DEAD_RETRY_MICROS = 1_000_000;

  /// How often a missing dead queue is looked for, besides being told that it exists.
  private static final long DEAD_ASLEEP_MICROS = 30_000_000;

  private static final Logger log = LoggerFactory.getLogger(Background.class);

  private final PartitionStore store;
  private final PartitionContext context;
  private final Mailbox mailbox;
  private final Set<Work> underWay = EnumSet.noneOf(Work.class);
  private final Map<Work, Long> notBefore = new EnumMap<>(Work.class);

  /// Whether the delivery under way may fail for a reason that has gone.
  private boolean deliverAgain;

  private final ArrayDeque<PositionRange> garbage = new ArrayDeque<>();
  private long expiryCursor;

  Background(PartitionStore store, PartitionContext context, Mailbox mailbox) {
    this.store = store;
    this.context = context;
    this.mailbox = mailbox;
  }

  /// Forgets what was under way for an older memory, and begins what a new one needs.
  ///
  /// @param garbageAt when to look for rows below its low-water mark
  void restart(PartitionMemory memory, long garbageAt) {
    underWay.clear();
    notBefore.clear();
    deliverAgain = false;
    garbage.clear();
    expiryCursor = 0;
    collectGarbage(memory, garbageAt);
  }

  /// Rows below the low-water mark are to be removed, from `notBefore` on.
  void collectGarbage(PartitionMemory memory, long at) {
    long ready = memory.lowWater().ready();
    long notReady = memory.lowWater().notReady();
    garbage.clear();
    if (ready > 0) {
      garbage.add(new PositionRange(0, ready - 1));
    }
    if (notReady > Long.MIN_VALUE) {
      garbage.add(new PositionRange(Long.MIN_VALUE, notReady - 1));
    }
    notBefore.put(Work.SCAN_GARBAGE, at);
  }

  /// Whether `sent` is still of use; ends the work that it belongs to.
  boolean accept(Message.Sent sent, PartitionMemory memory, long now) {
    if (sent.generation() != memory.generation) {
      return false;
    }
    Work work = sent.message().work();
    underWay.remove(work);
    if (sent.message() instanceof Message.Failed) {
      notBefore.put(work, now + RETRY_MICROS);
      return false;
    }
    return switch (work) {
      case REFILL, SCAN_EXPIRED, SCAN_GARBAGE, LOAD_DUE, LOAD_DEAD ->
          sent.rangeGeneration() == memory.rangeGeneration();
      case COUNT, DELIVER_DEAD -> true;
    };
  }

  void scannedExpired(long next, boolean more, long now) {
    expiryCursor = next;
    notBefore.put(Work.SCAN_EXPIRED, more ? now : now + EXPIRY_SCAN_MICROS);
  }

  void scannedGarbage(PositionRange rest) {
    garbage.removeFirst();
    if (!rest.isEmpty()) {
      garbage.addFirst(rest);
    }
  }

  void notDelivered(boolean noSuchQueue, long now) {
    boolean asleep = noSuchQueue && !deliverAgain;
    deliverAgain = false;
    notBefore.put(Work.DELIVER_DEAD, now + (asleep ? DEAD_ASLEEP_MICROS : DEAD_RETRY_MICROS));
  }

  /// There may be a dead queue now, which a delivery under way may not have found.
  void deliverNow() {
    notBefore.remove(Work.DELIVER_DEAD);
    deliverAgain = underWay.contains(Work.DELIVER_DEAD);
  }

  /// Begins whatever is wanted and may begin now.
  void begin(PartitionMemory memory, QueueSettings settings, long now) {
    for (Work work : Work.values()) {
      if (wanted(work, memory, settings)
          && !underWay.contains(work)
          && notBefore.getOrDefault(work, Long.MIN_VALUE) <= now) {
        begin(work, memory, settings, now);
      }
    }
  }

  /// When something that is wanted may begin, or [Long#MAX_VALUE].
  long nextBegin(PartitionMemory memory, QueueSettings settings) {
    long next = Long.MAX_VALUE;
    for (Work work : Work.values()) {
      if (wanted(work, memory, settings) && !underWay.contains(work)) {
        next = Math.min(next, notBefore.getOrDefault(work, Long.MIN_VALUE));
      }
    }
    return next;
  }

  private boolean wanted(Work work, PartitionMemory memory, QueueSettings settings) {
    return switch (work) {
      case REFILL -> memory.wantsRefill();
      case LOAD_DUE -> !memory.schedule.isComplete() && memory.schedule.size() == 0;
      case SCAN_EXPIRED -> memory.hasBeyond();
      case SCAN_GARBAGE -> !garbage.isEmpty();
      case COUNT -> !memory.counters.isExact();
      case LOAD_DEAD -> memory.dead.isEmpty() && !memory.dead.isComplete();
      case DELIVER_DEAD -> !memory.dead.isEmpty() && !settings.deadQueue().isEmpty();
    };
  }

  private void begin(Work work, PartitionMemory memory, QueueSettings settings, long now) {
    Opened opened = memory.opened();
    int chunk = context.limits().chunkItems();
    switch (work) {
      case REFILL -> {
        PositionRange range = memory.beginRefill();
        var limit = memory.refillLimit();
        run(
            work,
            memory,
            () -> {
              List<StoredItem> rows = store.items(opened, range, limit);
              return new Message.Refilled(range, rows, rows.isEmpty());
            });
      }
      case LOAD_DUE -> {
        Due after = memory.schedule.beginLoad();
        int max = context.limits().scheduledItems();
        run(
            work,
            memory,
            () -> {
              List<ItemHead> rows = store.due(opened, after, ItemHead.NEVER - 1, max);
              boolean last = rows.size() < max;
              return new Message.DueLoaded(
                  rows, last ? Schedule.END : Schedule.due(rows.getLast()));
            });
      }
      case SCAN_EXPIRED -> {
        long from = Math.max(expiryCursor, memory.windowEnd() + 1);
        long to = memory.tail();
        run(work, memory, () -> scanExpired(opened, new PositionRange(from, to), chunk, now));
      }
      case SCAN_GARBAGE -> {
        PositionRange range = garbage.getFirst();
        run(work, memory, () -> scanGarbage(opened, range, chunk));
      }
      case LOAD_DEAD -> {
        memory.dead.beginLoad();
        run(
            work,
            memory,
            () -> {
              List<ItemHead> rows = store.due(opened, Due.FIRST_NEVER, ItemHead.NEVER, chunk);
              return new Message.DeadFound(rows, rows.size() < chunk);
            });
      }
      case DELIVER_DEAD -> {
        List<ItemHead> rows = memory.dead.next(context.limits().deadItems());
        run(work, memory, () -> deliver(opened, settings.deadQueue(), rows));
      }
      case COUNT -> count(memory, now);
    }
  }

  private Message scanExpired(Opened opened, PositionRange range, int chunk, long now) {
    if (range.isEmpty()) {
      return new Message.ExpiredFound(List.of(), 0, false);
    }
    List<ItemHead> rows = store.heads(opened, range, chunk);
    List<ItemHead> expired = rows.stream().filter(head -> head.expireAt() <= now).toList();
    boolean end = rows.size() < chunk;
    long next = end ? 0 : rows.getLast().position() + 1;
    return new Message.ExpiredFound(expired, next, !end && !expired.isEmpty());
  }

  private Message scanGarbage(Opened opened, PositionRange range, int chunk) {
    List<ItemHead> rows = store.heads(opened, range, chunk);
    long next = rows.size() < chunk ? range.to() : rows.getLast().position();
    return new Message.GarbageFound(rows, new PositionRange(next + 1, range.to()));
  }

  private Message deliver(Opened opened, String deadQueue, List<ItemHead> rows) {
    long[] positions = rows.stream().mapToLong(ItemHead::position).sorted().toArray();
    List<DeadItem> items = new ArrayList<>();
    for (StoredItem item : store.items(opened, positions)) {
      items.add(new DeadItem(item.head().sourceId(), item.content()));
    }
    return new Message.DeadDelivered(
        deadQueue, rows, context.deadLetters().deliver(deadQueue, items));
  }

  /// Takes the snapshots of the counts now, between two turns, so that what changes from here on
  /// can be added to them.
  private void count(PartitionMemory memory, long now) {
    Counters counters = memory.counters;
    Instant base = Instant.ofEpochMilli(counters.baseMillis());
    Counting ready = null;
    Counting notReady = null;
    try {
      if (!counters.totalExact()) {
        long lowest = memory.lowWater().ready();
        ready = store.count(memory.opened(), new PositionRange(lowest, Long.MAX_VALUE), base);
        counters.restartTotal();
        memory.leases.forEach(head -> addBelow(counters, head, lowest));
      }
      if (!counters.scheduledExact()) {
        PositionRange range = new PositionRange(memory.lowWater().notReady(), -1);
        notReady = store.count(memory.opened(), range, base);
        counters.restartScheduled();
      }
    } catch (StorageException e) {
      log.atDebug().addKeyValue("partition", memory.key()).setCause(e).log("no count yet");
      close(ready);
      notBefore.put(Work.COUNT, now + RETRY_MICROS);
      return;
    }
    Counting readyCount = ready;
    Counting notReadyCount = notReady;
    run(Work.COUNT, memory, () -> new Message.Counted(await(readyCount), await(notReadyCount)));
  }

  private static void addBelow(Counters counters, ItemHead head, long lowest) {
    if (head.position() < lowest) {
      counters.add(head);
    }
  }

  private static void close(@Nullable Counting counting) {
    if (counting != null) {
      counting.close();
    }
  }

  private static Counts await(@Nullable Counting counting) {
    if (counting == null) {
      return new Counts(0, 0);
    }
    try (counting) {
      return counting.await();
    }
  }

  private void run(Work work, PartitionMemory memory, Supplier<Message> task) {
    underWay.add(work);
    long generation = memory.generation;
    long rangeGeneration = memory.rangeGeneration();
    context
        .background()
        .execute(() -> {
          Message result;
          try {
            result = task.get();
          } catch (StorageException e) {
            log.atWarn()
                .addKeyValue("partition", memory.key())
                .addKeyValue("work", work)
                .setCause(e)
                .log("background work failed");
            result = new Message.Failed(work);
          }
          mailbox.post(new Message.Sent(generation, rangeGeneration, result));
        });
  }
}

package io.querator.node.service;

import io.querator.queue.Command.Complete;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.ItemId;
import io.querator.queue.LeaseAnswer;
import io.querator.queue.LeasedItem;
import io.querator.queue.Outcome.Done;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.Partition;
import io.querator.queue.PartitionContext;
import io.querator.queue.QueueSettings;
import io.querator.queue.Waiter;
import io.querator.queue.WaitingRoom;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes a partition of nobody's through its life on each storage, a few times, and drops it.
///
/// A process does many times slower what it does for the first time, and a partition that moves to
/// it is not served meanwhile. So a node that joins does all of that once before it is given any.
/// What is left of a rehearsal that was cut short, [Leftovers] finds.
final class Rehearsal {
  private static final int OPENINGS = 5;
  private static final int ITEMS = 5;
  private static final long WAIT_MICROS = 1_000_000;
  private static final QueueSettings SETTINGS =
      new QueueSettings(Duration.ofMinutes(1), Duration.ofMinutes(1), 0, "");
  private static final NewItem ITEM =
      new NewItem(new ItemContent("rehearsal", "", "", new byte[100]), ItemHead.READY);
  private static final Logger log = LoggerFactory.getLogger(Rehearsal.class);

  private final String owner;
  private final Storages storages;
  private final PartitionContext context;
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
  private final AtomicBoolean begun = new AtomicBoolean();
  private volatile boolean ending;

  /// @param owner this node, for people
  Rehearsal(String owner, Storages storages, PartitionContext context) {
    this.owner = owner;
    this.storages = storages;
    this.context = context;
  }

  /// Blocks. What goes wrong is of no consequence here.
  void run() {
    if (begun.compareAndSet(false, true)) {
      try {
        onEach();
      } finally {
        ended.complete(true);
      }
    }
  }

  /// Cuts it short; one that has not begun does not begin any more.
  ///
  /// @return completes when it leaves the storages alone
  CompletableFuture<?> end() {
    ending = true;
    if (begun.compareAndSet(false, true)) {
      ended.complete(true);
    }
    return ended.copy();
  }

  private void onEach() {
    for (Storage storage : storages.all()) {
      if (ending) {
        return;
      }
      try {
        run(storage.store());
      } catch (StorageException | TimeoutException e) {
        log.atInfo().addKeyValue("storage", storage.name()).setCause(e).log("not rehearsed");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void run(PartitionStore store) throws InterruptedException, TimeoutException {
    PartitionKey key = PartitionKey.random(ThreadLocalRandom.current());
    store.create(key);
    try {
      UUID incarnation = UUID.randomUUID();
      for (int version = 1; version <= OPENINGS && !ending; version++) {
        Claim claim = new Claim(owner, incarnation, 0, version);
        if (store.open(Map.of(key, Epoch.NONE), claim).getFirst() instanceof Opened opened) {
          live(store, opened);
        }
      }
    } finally {
      store.drop(key);
    }
  }

  private void live(PartitionStore store, Opened opened)
      throws InterruptedException, TimeoutException {
    WaitingRoom room = new WaitingRoom(1);
    Partition partition = new Partition(0, opened.key(), store, opened, SETTINGS, room, context);
    partition.start(() -> {}, () -> {});
    try {
      for (int i = 0; i < ITEMS && !ending; i++) {
        serve(partition, room);
      }
    } finally {
      await(partition.close(Reason.SHUTDOWN));
    }
  }

  private void serve(Partition partition, WaitingRoom room)
      throws InterruptedException, TimeoutException {
    long now = Micros.of(context.clock().instant());
    if (!(partition.call(new Produce(List.of(ITEM), now, null), now + WAIT_MICROS)
        instanceof Done)) {
      return;
    }
    Waiter waiter = new Waiter(owner, 1);
    room.park(waiter);
    partition.wake();
    if (await(waiter.answer()) instanceof LeaseAnswer.Leased(_, var items)) {
      List<ItemId> ids = items.stream().map(LeasedItem::id).toList();
      partition.call(new Complete(ids), now + 2 * WAIT_MICROS);
    }
  }

  private static <T> T await(CompletableFuture<T> future)
      throws InterruptedException, TimeoutException {
    try {
      return future.get(WAIT_MICROS, TimeUnit.MICROSECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("outcomes are values", e);
    }
  }
}

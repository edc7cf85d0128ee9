package io.querator.node.service;

import io.querator.queue.Command;
import io.querator.queue.LeaseBudget;
import io.querator.queue.MemoryBudget;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionContext;
import io.querator.queue.TurnObserver;
import io.querator.storage.Catalogue;
import io.querator.storage.Micros;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All queues of this node, open, and what changes them. Safe for use by many threads.
public final class NodeService implements AutoCloseable {
  private static final int BACKGROUND_AT_ONCE = 64;
  private static final long LIST_BYTES_MIN = 32L << 20;

  /// Longer than any statement may run.
  private static final Duration LATE_WRITES = Duration.ofSeconds(30);

  private static final Logger log = LoggerFactory.getLogger(NodeService.class);

  private final InstantSource clock;
  private final Keeper keeper = new Keeper();
  private final Queues queues = new Queues();
  private final LeaseBudget leases;
  private final MemoryBudget memory;
  private final Storages storages;
  private final CatalogueFollower follower;
  private final QueueDefinitions definitions;
  private final ItemReader items;
  private final Leftovers leftovers;
  private final Drains drains;
  private final Openings openings;

  /// @param storages closed with this
  /// @param catalogue of the first storage
  /// @param clock by which deadlines are given, such as a [SteadyClock]
  /// @param observer of all turns
  public NodeService(
      ServiceSettings settings,
      List<Storage> storages,
      Catalogue catalogue,
      InstantSource clock,
      TurnObserver observer) {
    this(settings, storages, catalogue, clock, observer, LATE_WRITES);
  }

  /// @param lateWrites how long a change whose outcome is not known may take to appear
  NodeService(
      ServiceSettings settings,
      List<Storage> storages,
      Catalogue catalogue,
      InstantSource clock,
      TurnObserver observer,
      Duration lateWrites) {
    this.clock = clock;
    this.storages = new Storages(storages);
    leases = new LeaseBudget(settings.leasesMax());
    memory = new MemoryBudget(settings.windowBytes());
    PartitionContext context =
        new PartitionContext(
            clock,
            settings.partition(),
            leases,
            memory,
            new BackgroundThreads(BACKGROUND_AT_ONCE),
            new QueueDeadLetters(queues, clock),
            observer,
            () -> ThreadLocalRandom.current().nextLong());
    LocalAssignment assignment = new LocalAssignment(settings.owner(), UUID.randomUUID());
    openings = new Openings(keeper, this.storages, assignment, context, settings.loadsMax());
    StoredPartitions stored = new StoredPartitions(keeper, this.storages);
    follower =
        new CatalogueFollower(
            keeper,
            catalogue,
            queues,
            openings,
            stored,
            clock,
            settings.waitersPerQueueMax(),
            lateWrites);
    definitions =
        new QueueDefinitions(
            catalogue,
            this.storages,
            queues,
            follower,
            stored,
            settings,
            clock,
            new SecureRandom());
    items = new ItemReader(this.storages, Math.max(LIST_BYTES_MIN, settings.windowBytes() / 2));
    leftovers = new Leftovers(this.storages, catalogue, stored);
    drains =
        new Drains(keeper, this.storages, queues, definitions, follower, openings, stored, clock);
  }

  /// Reads the catalogue and opens all partitions. What cannot be reached is tried again until it
  /// can: calls are refused with 454 meanwhile.
  ///
  /// @return completes when each partition has been opened or could not be; the caller may wait for
  ///   it, or not
  public CompletableFuture<?> start() {
    CompletableFuture<?> loaded = follower.load();
    loaded.thenRun(() -> keeper.work(leftovers::drop));
    drains.begin();
    return loaded;
  }

  public InstantSource clock() {
    return clock;
  }

  public Queues queues() {
    return queues;
  }

  public QueueDefinitions definitions() {
    return definitions;
  }

  public ItemReader items() {
    return items;
  }

  /// How many items are under a lease, over all queues.
  public int leasedItems() {
    return leases.used();
  }

  /// Bytes of content of ready items in memory.
  public long windowBytes() {
    return memory.usedBytes();
  }

  /// Has all partitions of a queue read their memory again. Those that are not open here are
  /// opened, also if another process has taken them.
  public Placed<Boolean> reload(ServedQueue queue, long deadline) {
    CompletableFuture<Boolean> begun = new CompletableFuture<>();
    keeper.run(() -> {
      List<PartitionSlot> failed =
          queue.partitions().stream().filter(PartitionSlot::isFailed).toList();
      failed.forEach(PartitionSlot::reopening);
      openings.open(failed.stream().map(slot -> new Openings.Wanted(queue, slot)).toList());
      begun.complete(true);
    });
    long wait = deadline - Micros.of(clock.instant());
    begun.completeOnTimeout(false, Math.max(0, wait), TimeUnit.MICROSECONDS).join();
    return queue.callAll(new Command.Reload(), deadline);
  }

  /// Refuses whatever comes from now on, and ends the lease calls that wait. Returns at once;
  /// [#close] ends the rest.
  public void drain() {
    definitions.close();
    queues.all().forEach(queue -> queue.refuse(Reason.SHUTDOWN));
  }

  /// Ends every partition after its turn under way, then closes the storages.
  ///
  /// @param timeout how long to wait for the partitions
  public void close(Duration timeout) {
    drain();
    // from here on nobody else changes queues and slots
    keeper.close();
    CompletableFuture<?> ended =
        CompletableFuture.allOf(
            queues.all().stream()
                .map(queue -> queue.close(Reason.SHUTDOWN))
                .toArray(CompletableFuture[]::new));
    try {
      ended.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.atWarn().addKeyValue("timeout", timeout).log("partitions did not end in time");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the end of a loop is a value", e);
    }
    storages.all().forEach(storage -> storage.store().close());
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(15));
  }
}

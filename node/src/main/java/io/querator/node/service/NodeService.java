package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.service.Peers.Answer;
import io.querator.queue.DatabaseClocks;
import io.querator.queue.LeaseBudget;
import io.querator.queue.MemoryBudget;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionContext;
import io.querator.queue.TurnObserver;
import io.querator.storage.Catalogue;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All queues of this node, open, and what changes them. Safe for use by many threads.
public final class NodeService implements AutoCloseable {
  /// Clocks whose speeds differ by one in 10,000 are half a millisecond apart after it.
  private static final Duration DATABASE_CLOCK_KEPT = Duration.ofSeconds(5);

  private static final int REHEARSALS_AT_ONCE = 64;
  private static final long LIST_BYTES_MIN = 32L << 20;

  /// Longer than any statement may run.
  private static final Duration LATE_WRITES = Duration.ofSeconds(30);

  private static final Duration CATALOGUE_POLL = Duration.ofMillis(500);

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
  private final Rehearsal rehearsal;
  private final Drains drains;
  private final PartitionMoves moves;
  private final Relocations relocations;
  private final Openings openings;
  private final MissingPartitions missing;
  private final SignsOfLife signs;
  private final Assignment assignment;
  private final Peers peers;
  private final WaitingClients clients;
  private final Hints hints;
  private final @Nullable ClusterMember member;
  private volatile Reason ending = Reason.SHUTDOWN;

  /// A service without a cluster: it owns all partitions.
  ///
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
    this(settings, storages, catalogue, clock, observer, LATE_WRITES, null);
  }

  /// @param lateWrites how long a change whose outcome is not known may take to appear
  NodeService(
      ServiceSettings settings,
      List<Storage> storages,
      Catalogue catalogue,
      InstantSource clock,
      TurnObserver observer,
      Duration lateWrites) {
    this(settings, storages, catalogue, clock, observer, lateWrites, null);
  }

  /// A service in a cluster.
  ///
  /// @param storages closed with this
  /// @param catalogue of the first storage
  /// @param clock by which deadlines are given, such as a [SteadyClock]
  /// @param observer of all turns
  public NodeService(
      ServiceSettings settings,
      List<Storage> storages,
      Catalogue catalogue,
      InstantSource clock,
      TurnObserver observer,
      Seat seat) {
    this(settings, storages, catalogue, clock, observer, LATE_WRITES, seat);
  }

  private NodeService(
      ServiceSettings settings,
      List<Storage> storages,
      Catalogue catalogue,
      InstantSource clock,
      TurnObserver observer,
      Duration lateWrites,
      @Nullable Seat seat) {
    this.clock = clock;
    this.storages = new Storages(storages);
    peers = seat == null ? Peers.NONE : seat.peers();
    clients =
        new WaitingClients(
            clock, (node, call) -> node == null ? yieldsHere(call) : peers.yields(node, call));
    hints = new Hints(queues, peers);
    leases = new LeaseBudget(settings.leasesMax());
    memory = new MemoryBudget(settings.windowBytes());
    PartitionContext context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, DATABASE_CLOCK_KEPT),
            settings.partition(),
            leases,
            memory,
            new BackgroundThreads(REHEARSALS_AT_ONCE),
            new QueueDeadLetters(queues, peers, clock),
            observer,
            () -> ThreadLocalRandom.current().nextLong());
    missing = new MissingPartitions(this.storages, keeper);
    signs = new SignsOfLife(keeper, this.storages);
    openings = new Openings(keeper, this.storages, missing, context, settings.loadsMax());
    StoredPartitions stored = new StoredPartitions(keeper, this.storages);
    ClusterAssignment cluster = seat == null ? null : clusterAssignment(seat);
    assignment =
        cluster == null
            ? new LocalAssignment(settings.owner(), UUID.randomUUID(), openings, missing)
            : cluster;
    follower =
        new CatalogueFollower(
            keeper,
            catalogue,
            queues,
            assignment,
            stored,
            clock,
            peers,
            clients,
            hints,
            settings.waitersPerQueueMax(),
            lateWrites);
    definitions =
        new QueueDefinitions(
            catalogue,
            this.storages,
            signs,
            queues,
            follower,
            stored,
            peers,
            settings,
            clock,
            new SecureRandom());
    PartitionRecords records = new PartitionRecords(catalogue);
    moves = new PartitionMoves(catalogue, this.storages, queues, records, follower);
    relocations =
        new Relocations(
            keeper,
            this.storages,
            queues,
            records,
            follower,
            openings,
            stored,
            settings.owner(),
            clock,
            new SecureRandom());
    openings.follow(assignment, relocations::sealed);
    items = new ItemReader(Math.max(LIST_BYTES_MIN, settings.windowBytes() / 2));
    leftovers = new Leftovers(this.storages, catalogue, stored);
    rehearsal = new Rehearsal(settings.owner(), this.storages, context.unobserved());
    drains = new Drains(keeper, queues, definitions, follower, assignment, stored, clock);
    if (seat != null && cluster != null) {
      ClusterMember joined = seat.join().apply(cluster);
      cluster.join(joined);
      member = joined;
    } else {
      member = null;
    }
  }

  private ClusterAssignment clusterAssignment(Seat seat) {
    return new ClusterAssignment(
        seat.node(),
        seat.incarnation(),
        keeper,
        storages,
        openings,
        missing,
        signs,
        queues,
        () -> follower().refresh());
  }

  private CatalogueFollower follower() {
    return follower;
  }

  /// Reads the catalogue and opens all partitions. What cannot be reached is tried again until it
  /// can: calls are refused with 454 meanwhile.
  ///
  /// @return completes when each partition that is this node's has been opened or could not be; the
  ///   caller may wait for it, or not
  public CompletableFuture<?> start() {
    CompletableFuture<?> loaded = follower.load();
    loaded.thenRun(() -> keeper.work(leftovers::drop));
    drains.begin();
    relocations.begin();
    missing.begin();
    signs.begin();
    if (member != null) {
      loaded.thenRun(() -> keeper.work(rehearsal::run));
      follower.poll(CATALOGUE_POLL);
    }
    return loaded;
  }

  /// Completes when all queues are known, after [#start()].
  public CompletableFuture<?> read() {
    return follower.read();
  }

  /// Follows a queue that another node has changed.
  ///
  /// @return completes when it has been followed here, and what that entails is done
  public CompletableFuture<?> hear(String queue) {
    return follower.hear(queue).thenCompose(CatalogueFollower.Followed::done);
  }

  CompletableFuture<?> lookUp() {
    return follower.lookUp();
  }

  /// Reads once more what queues there are, where another node may have made one that this one has
  /// not heard of. Blocks.
  ///
  /// @return whether everything is known that was there when this was called
  public boolean catchUp(Duration timeout) {
    if (member == null) {
      return true;
    }
    try {
      lookUp().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("what is read is a value", e);
    }
  }

  // What other nodes say

  /// Whether `client` may wait on `node`.
  ///
  /// @param token see [WaitingCall]
  /// @param age since when it does, in microseconds
  /// @param left for how long it does at most, in microseconds
  public Answer register(
      NodeId node, String queue, String client, long token, long age, long left) {
    long now = Micros.of(clock.instant());
    long begun = now - Math.max(0, age);
    return clients.begin(
        node, new WaitingCall(queue, client, token, begun, now + Math.max(0, left)));
  }

  /// It waits there no more.
  ///
  /// @param token see [WaitingCall]
  public void unregister(NodeId node, String queue, String client, long token) {
    clients.end(node, queue, client, token);
  }

  /// Whether a client may wait on another node: see [Registrations#yields].
  ///
  /// @param age since when it does, in microseconds
  public boolean yields(String queue, String client, long age) {
    return yieldsSince(queue, client, Micros.of(clock.instant()) - Math.max(0, age));
  }

  private Answer yieldsHere(WaitingCall call) {
    return yieldsSince(call.queue(), call.client(), call.begun()) ? Answer.YES : Answer.NO;
  }

  private boolean yieldsSince(String queue, String client, long begun) {
    ServedQueue served = queues.find(queue);
    return served == null || served.yields(client, begun);
  }

  /// How many lease calls wait on `node`.
  public void interest(NodeId node, String queue, int calls) {
    hints.interest(node, queue, calls);
  }

  /// What is ready in a partition of another node.
  ///
  /// @param waiting items
  /// @param headPlacedAt when the first of them took its place, [Long#MAX_VALUE] if there is none
  public void learn(String queue, PartitionKey partition, long waiting, long headPlacedAt) {
    ServedQueue served = queues.find(queue);
    PartitionSlot slot = served == null ? null : served.partition(partition);
    if (slot != null) {
      slot.readyElsewhere(new PartitionSlot.Ready(waiting, headPlacedAt));
    }
  }

  /// This node as a member of a cluster, if it is one.
  public Optional<ClusterMember> member() {
    return Optional.ofNullable(member);
  }

  public Peers peers() {
    return peers;
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

  public PartitionMoves moves() {
    return moves;
  }

  public ItemReader items() {
    return items;
  }

  Leftovers leftovers() {
    return leftovers;
  }

  /// Partitions that this node cannot have.
  public MissingPartitions missing() {
    return missing;
  }

  /// How many items are under a lease, over all queues.
  public int leasedItems() {
    return leases.used();
  }

  /// Bytes of content of ready items in memory.
  public long windowBytes() {
    return memory.usedBytes();
  }

  /// Opens those partitions of a queue again that are to be open here but are not, also if another
  /// process has taken them. Blocks until that has begun.
  public void reopen(ServedQueue queue, long deadline) {
    CompletableFuture<Boolean> begun = new CompletableFuture<>();
    keeper.run(() -> {
      List<Openings.Wanted> failed =
          queue.partitions().stream()
              .filter(PartitionSlot::isFailed)
              .map(slot -> new Openings.Wanted(queue, slot))
              .filter(assignment::isWanted)
              .toList();
      failed.forEach(wanted -> wanted.slot().reopening());
      openings.open(failed);
      begun.complete(true);
    });
    long wait = deadline - Micros.of(clock.instant());
    begun.completeOnTimeout(false, Math.max(0, wait), TimeUnit.MICROSECONDS).join();
  }

  /// Refuses whatever comes from now on, and ends the lease calls that wait. Returns at once;
  /// [#close] ends the rest.
  ///
  /// @param left whether other nodes have what was here, so that callers may turn to them
  public void drain(boolean left) {
    ending = left ? Reason.LEFT : Reason.SHUTDOWN;
    definitions.close(left ? DefinitionResult.LEFT : DefinitionResult.SHUTDOWN);
    queues.all().forEach(queue -> queue.refuse(ending));
  }

  /// Ends every partition after its turn under way, then closes the storages. Without [#drain]
  /// before, there are no other nodes.
  ///
  /// @param timeout how long to wait for the partitions
  public void close(Duration timeout) {
    drain(ending == Reason.LEFT);
    // from here on nobody else changes queues and slots
    keeper.close();
    CompletableFuture<?> ended =
        CompletableFuture.allOf(
            Stream.concat(
                    Stream.of(rehearsal.end()),
                    queues.all().stream().map(queue -> queue.close(ending)))
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
    storages.all().forEach(Storage::close);
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(15));
  }
}

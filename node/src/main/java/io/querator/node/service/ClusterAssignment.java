package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.cluster.Holdings.Decision;
import io.querator.cluster.Holdings.Step;
import io.querator.cluster.NodeId;
import io.querator.cluster.Ownership;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.member.ClusterMember;
import io.querator.cluster.member.OwnershipHost;
import io.querator.node.service.Openings.Wanted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the partitions that the ownership table gives to this node, and knows who owns the others.
///
/// What it keeps is changed on the [Keeper]'s thread.
final class ClusterAssignment implements Assignment, OwnershipHost {
  /// Storages that are away hold one of these generations by no more than chance.
  private static final int GENERATIONS_SKIPPED = 1_000_000;

  private static final Duration EPOCH_CHECK = Duration.ofSeconds(1);
  private static final Logger log = LoggerFactory.getLogger(ClusterAssignment.class);

  private final NodeId node;
  private final UUID incarnation;
  private final Keeper keeper;
  private final Storages storages;
  private final Openings openings;
  private final MissingPartitions missing;
  private final SignsOfLife signs;
  private final Queues queues;
  private final Supplier<CompletableFuture<?>> refresh;
  private final Map<PartitionKey, Wanted> known = new HashMap<>();
  private final Map<PartitionKey, Step.Open> assigned = new HashMap<>();
  private final AtomicReference<@Nullable Heard> heard = new AtomicReference<>();
  private OwnershipView view;
  private volatile @Nullable ClusterMember member;
  private volatile long seenGeneration;

  /// @param refresh reads the catalogue again
  ClusterAssignment(
      NodeId node,
      UUID incarnation,
      Keeper keeper,
      Storages storages,
      Openings openings,
      MissingPartitions missing,
      SignsOfLife signs,
      Queues queues,
      Supplier<CompletableFuture<?>> refresh) {
    this.node = node;
    this.incarnation = incarnation;
    this.keeper = keeper;
    this.storages = storages;
    this.openings = openings;
    this.missing = missing;
    this.signs = signs;
    this.queues = queues;
    this.refresh = refresh;
    view = new OwnershipTable().view();
  }

  /// Before anything else is called.
  void join(ClusterMember joined) {
    member = joined;
    keeper.after(EPOCH_CHECK, this::checkEpochs);
  }

  private ClusterMember member() {
    return requireNonNull(member, "not joined yet");
  }

  // What the catalogue says

  @Override
  public void appeared(List<Wanted> partitions) {
    missing.appeared(partitions);
    List<Wanted> open = new ArrayList<>();
    Map<PartitionKey, Ownership> owned = byKey(view);
    for (Wanted wanted : partitions) {
      PartitionKey key = wanted.slot().key();
      known.put(key, wanted);
      Step.Open claim = assigned.get(key);
      if (claim != null) {
        wanted.slot().saw(new Epoch(claim.seen()));
        open.add(wanted);
      } else {
        route(wanted.slot(), owned.get(key));
      }
    }
    openings.open(open);
    member().catalogueChanged();
  }

  @Override
  public void vanished(List<PartitionSlot> partitions) {
    for (PartitionSlot slot : partitions) {
      known.remove(slot.key());
      missing.remove(slot.key());
      if (assigned.remove(slot.key()) != null) {
        member().closed(slot.key());
      }
    }
    member().catalogueChanged();
  }

  // What the table says

  @Override
  public void follow(OwnershipView latest, List<Step> steps) {
    Heard before = heard.getAndUpdate(earlier -> new Heard(latest, steps).after(earlier));
    if (before == null) {
      keeper.run(() -> {
        Heard all = requireNonNull(heard.getAndSet(null));
        take(all.view(), all.steps());
      });
    }
  }

  /// What the keeper has not taken yet: the newest view, and the steps of all.
  private record Heard(OwnershipView view, List<Step> steps) {
    Heard after(@Nullable Heard earlier) {
      return earlier == null
          ? this
          : new Heard(view, Stream.concat(earlier.steps.stream(), steps.stream()).toList());
    }
  }

  private void take(OwnershipView latest, List<Step> steps) {
    boolean moved = latest.partitions() != view.partitions();
    view = latest;
    List<Wanted> open = new ArrayList<>();
    boolean unknown = false;
    for (Step step : steps) {
      Wanted wanted = known.get(key(step));
      switch (step) {
        case Step.Open claim -> {
          assigned.put(claim.key(), claim);
          if (wanted == null) {
            unknown = true;
          } else {
            wanted.slot().saw(new Epoch(claim.seen()));
            wanted.slot().reopening();
            open.add(wanted);
          }
        }
        case Step.Close(var key) -> close(key, wanted);
      }
    }
    Set<PartitionKey> stepped =
        steps.stream().map(ClusterAssignment::key).collect(Collectors.toSet());
    for (Ownership partition : latest.partitions()) {
      PartitionKey key = partition.key();
      Wanted wanted = moved || stepped.contains(key) ? known.get(key) : null;
      if (wanted != null) {
        follow(wanted, partition);
      }
    }
    steps.forEach(this::answerIfOvertaken);
    openings.open(open.stream().filter(this::isWanted).toList());
    if (unknown) {
      refresh.get().thenRun(() -> log.atDebug().log("looked for partitions that were not known"));
    }
  }

  /// A partition that has become another node's before the keeper came to open it here is not
  /// opened. The member is told nevertheless: else it waits for that, and opens it no more when it
  /// is given back.
  private void answerIfOvertaken(Step step) {
    if (step instanceof Step.Open(var key, var decision, _) && !assigned.containsKey(key)) {
      member().lost(key, decision, 0);
    }
  }

  private static PartitionKey key(Step step) {
    return switch (step) {
      case Step.Open open -> open.key();
      case Step.Close(var key) -> key;
    };
  }

  private void close(PartitionKey key, @Nullable Wanted wanted) {
    assigned.remove(key);
    if (wanted == null) {
      member().closed(key);
    } else {
      wanted.slot().pause(Reason.MOVED).thenRun(() -> member().closed(key));
    }
  }

  private void follow(Wanted wanted, Ownership partition) {
    PartitionSlot slot = wanted.slot();
    boolean mine = partition.isOf(node, incarnation);
    if (assigned.containsKey(partition.key())) {
      // what is open here goes on until its step; what could not be opened is somebody else's now
      if (mine || partition.owner() == null || slot.isServedHere()) {
        return;
      }
      assigned.remove(partition.key());
    }
    route(slot, partition);
  }

  private void route(PartitionSlot slot, @Nullable Ownership partition) {
    // this node, before it started again, owns nothing any more
    if (partition == null || partition.owner() == null || partition.owner().equals(node)) {
      slot.reopening();
      return;
    }
    boolean serving = partition.state() != Ownership.State.ASSIGNED;
    slot.elsewhere(partition.owner(), serving);
  }

  private static Map<PartitionKey, Ownership> byKey(OwnershipView view) {
    Map<PartitionKey, Ownership> byKey = new HashMap<>();
    view.partitions().forEach(partition -> byKey.put(partition.key(), partition));
    return byKey;
  }

  // Opening

  @Override
  public Object group(Wanted partition) {
    Step.Open open = requireNonNull(assigned.get(partition.slot().key()), "is not wanted");
    return open.decision();
  }

  @Override
  public Claim claim(Storage storage, Object group) {
    Decision decision = (Decision) group;
    return new Claim(node.value(), incarnation, decision.generation(), decision.version());
  }

  @Override
  public boolean isWanted(Wanted partition) {
    return assigned.containsKey(partition.slot().key());
  }

  @Override
  public void abandoned(Wanted partition, Object group) {
    member().lost(partition.slot().key(), (Decision) group, 0);
  }

  @Override
  public void opened(Wanted partition, Object group, Epoch epoch) {
    member().opened(partition.slot().key(), (Decision) group, epoch.value());
  }

  @Override
  public void outdone(Wanted partition, Object group, Storage storage, String why) {
    PartitionSlot slot = partition.slot();
    Step.Open by = assigned.get(slot.key());
    if (by == null || !by.decision().equals(group)) {
      // closed meanwhile, or opened anew
      return;
    }
    assigned.remove(slot.key());
    log.atInfo()
        .addKeyValue("queue", partition.queue().name())
        .addKeyValue("index", slot.index())
        .addKeyValue("partition", slot.key())
        .log(why);
    slot.reopening();
    keeper.work(() -> {
      askGeneration(storage);
      member().lost(slot.key(), by.decision(), slot.seen().value());
    });
  }

  private void askGeneration(Storage storage) {
    try {
      seenGeneration = Math.max(seenGeneration, storage.store().highestGeneration());
    } catch (RuntimeException e) {
      log.atDebug().setCause(e).log("the storage cannot tell its generation now");
    }
  }

  // What the member asks

  /// Not where a storage is away, nor where partitions are missing: another node may have a way to
  /// them.
  @Override
  public boolean storageReachable() {
    return missing.size() == 0 && !signs.isAnyAway();
  }

  @Override
  public long seenGeneration() {
    return seenGeneration;
  }

  /// Of the storages that can be asked, one at least. One that is away may hold a higher one: what
  /// it refuses then tells [#seenGeneration]. It must not hold the same one, whose decisions would
  /// be others, so this gives room.
  @Override
  public OptionalLong highestGeneration() {
    List<OptionalLong> told = Parallel.map(storages.all(), ClusterAssignment::highestGeneration);
    OptionalLong highest = told.stream().flatMapToLong(OptionalLong::stream).max();
    if (highest.isEmpty()) {
      log.atWarn().log("no storage can tell its generation, nobody can own yet");
    }
    boolean all = told.stream().allMatch(OptionalLong::isPresent);
    return all || highest.isEmpty()
        ? highest
        : OptionalLong.of(
            highest.getAsLong() + ThreadLocalRandom.current().nextInt(GENERATIONS_SKIPPED));
  }

  private static OptionalLong highestGeneration(Storage storage) {
    CompletableFuture<Long> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("generation-" + storage.name())
        .start(() -> {
          try {
            answer.complete(storage.store().highestGeneration());
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    try {
      return OptionalLong.of(answer.get(SignsOfLife.PATIENCE.toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException | TimeoutException e) {
      log.atWarn()
          .addKeyValue("storage", storage.name())
          .setCause(e)
          .log("the storage cannot tell its generation now");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return OptionalLong.empty();
  }

  @Override
  public CompletableFuture<?> refreshCatalogue() {
    return refresh.get();
  }

  @Override
  public Optional<Collection<PartitionDefinition>> partitions() {
    if (!queues.isLoaded()) {
      return Optional.empty();
    }
    List<PartitionDefinition> definitions = new ArrayList<>();
    for (ServedQueue queue : queues.all()) {
      List<PartitionRecord> records = queue.record().partitions();
      long first =
          records.stream()
              .min(Comparator.comparingInt(PartitionRecord::index))
              .map(record -> record.key().bits())
              .orElse(0L);
      records.forEach(record -> definitions.add(new PartitionDefinition(record.key(), first)));
    }
    return Optional.of(definitions);
  }

  // A deposed owner that has nothing to write

  /// What is open here, and what the database calls it.
  private record Held(PartitionSlot slot, PartitionKey stored, Epoch epoch) {}

  /// Asks the database whether this node still holds what it has open, while nobody tells it.
  private void checkEpochs() {
    if (member().isUnheard()) {
      Map<Storage, List<Held>> mine = new HashMap<>();
      known
          .values()
          .forEach(wanted -> {
            PartitionSlot slot = wanted.slot();
            Location location = slot.record().location();
            storages
                .find(location.storage())
                .filter(_ -> slot.isServedHere())
                .ifPresent(storage ->
                    mine.computeIfAbsent(storage, _ -> new ArrayList<>())
                        .add(new Held(slot, location.key(), slot.seen())));
          });
      mine.forEach((storage, held) -> keeper.work(() -> checkEpochs(storage, held)));
    }
    keeper.after(EPOCH_CHECK, this::checkEpochs);
  }

  private void checkEpochs(Storage storage, List<Held> held) {
    Map<PartitionKey, Epoch> epochs = new HashMap<>();
    held.forEach(one -> epochs.put(one.stored(), one.epoch()));
    try {
      Set<PartitionKey> superseded = storage.store().superseded(epochs);
      keeper.run(() ->
          held.stream()
              .filter(one -> superseded.contains(one.stored()))
              .filter(one -> one.slot().record().location().key().equals(one.stored()))
              .forEach(one -> deposed(storage, one.slot().key())));
    } catch (StorageException e) {
      log.atDebug().addKeyValue("storage", storage.name()).setCause(e).log("epochs not checked");
    }
  }

  private void deposed(Storage storage, PartitionKey key) {
    Wanted wanted = known.get(key);
    Step.Open by = assigned.get(key);
    if (wanted != null && by != null && wanted.slot().isServedHere()) {
      String why = "another node has taken the partition";
      wanted
          .slot()
          .pause(Reason.MOVED)
          .thenRun(() -> keeper.run(() -> outdone(wanted, by.decision(), storage, why)));
    }
  }
}

package io.querator.node.service;

import io.querator.cluster.NodeId;
import io.querator.node.service.CatalogueFollower.Followed;
import io.querator.storage.Catalogue;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionRecord.State;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Creates, changes and deletes queues. Safe for use by many threads, here and on other nodes: the
/// catalogue's compare-and-set decides between them.
///
/// Partitions are made before the catalogue names them and dropped after it has forgotten them, so
/// that it never names one that does not exist.
public final class QueueDefinitions {
  private static final int TRIES = 20;

  private final Catalogue catalogue;
  private final Storages storages;
  private final SignsOfLife signs;
  private final Queues queues;
  private final CatalogueFollower follower;
  private final StoredPartitions stored;
  private final Peers peers;
  private final ServiceSettings settings;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Allowance queuesAllowed;
  private final Allowance partitionsAllowed;
  private volatile @Nullable DefinitionResult closed;

  /// @param random for partition keys: they must not repeat over the life of a database
  QueueDefinitions(
      Catalogue catalogue,
      Storages storages,
      SignsOfLife signs,
      Queues queues,
      CatalogueFollower follower,
      StoredPartitions stored,
      Peers peers,
      ServiceSettings settings,
      InstantSource clock,
      RandomGenerator random) {
    this.catalogue = catalogue;
    this.storages = storages;
    this.signs = signs;
    this.queues = queues;
    this.follower = follower;
    this.stored = stored;
    this.peers = peers;
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    queuesAllowed = new Allowance(settings.queuesMax(), queues::size);
    partitionsAllowed = new Allowance(settings.partitionsMax(), queues::partitions);
  }

  /// How many partitions a queue may ask for.
  public int partitionsMax() {
    return settings.partitionsPerQueueMax();
  }

  /// Nothing is changed any more; who wants it is told `result`.
  void close(DefinitionResult result) {
    closed = result;
  }

  // Create

  /// Adds a queue, and waits until it can be used.
  ///
  /// @param deadline microseconds since 1970; work begun goes on after it
  /// @throws StorageException if a storage is away; whether the queue was created is not known
  public DefinitionResult create(
      String name, String namespace, QueueDefinition definition, long deadline) {
    DefinitionResult refusal = closed;
    if (refusal != null) {
      return refusal;
    }
    if (queues.find(name) != null) {
      return DefinitionResult.EXISTS;
    }
    if (!queuesAllowed.begin(1)) {
      return DefinitionResult.TOO_MANY_QUEUES;
    }
    try {
      return withPartitions(
          definition.partitions(), () -> make(name, namespace, definition, deadline));
    } finally {
      queuesAllowed.end(1);
    }
  }

  private DefinitionResult withPartitions(int count, Supplier<DefinitionResult> change) {
    if (!partitionsAllowed.begin(count)) {
      return DefinitionResult.TOO_MANY_PARTITIONS;
    }
    try {
      return change.get();
    } finally {
      partitionsAllowed.end(count);
    }
  }

  private DefinitionResult make(
      String name, String namespace, QueueDefinition definition, long deadline) {
    List<PartitionRecord> partitions =
        newPartitions(Repartition.missing(List.of(), definition.partitions()), List.of());
    stored.make(partitions);
    Instant now = now();
    QueueRecord record =
        new QueueRecord(
            name,
            firstVersion(now),
            namespace,
            now,
            now,
            definition.deadQueue(),
            definition.reference(),
            definition.leaseTimeout(),
            definition.expireTimeout(),
            definition.maxAttempts(),
            definition.partitions(),
            partitions,
            definition.partitions(),
            now);
    boolean created;
    try {
      created = catalogue.create(record);
    } catch (StorageException e) {
      follower.settleLate(name, partitions);
      throw e;
    }
    if (!created) {
      stored.drop(partitions);
      return DefinitionResult.EXISTS;
    }
    await(follower.follow(name), deadline);
    return DefinitionResult.DONE;
  }

  /// Above every version of an earlier queue of the same name: whoever compares and sets must not
  /// take this one for that one.
  private static long firstVersion(Instant now) {
    return Micros.of(now);
  }

  private Instant now() {
    return Micros.instant(Micros.of(clock.instant()));
  }

  private List<PartitionRecord> newPartitions(
      List<Integer> indexes, List<PartitionRecord> existing) {
    Map<String, Integer> inQueue = new HashMap<>();
    existing.forEach(partition -> inQueue.merge(partition.storage(), 1, Integer::sum));
    Spread spread = new Spread(takingNew(), inQueue, queues.partitionsByStorage());
    List<Storage> chosen = spread.next(indexes.size());
    List<PartitionRecord> partitions = new ArrayList<>(indexes.size());
    for (int i = 0; i < indexes.size(); i++) {
      PartitionKey key = PartitionKey.random(random);
      partitions.add(new PartitionRecord(indexes.get(i), key, chosen.get(i).name(), State.ACTIVE));
    }
    return partitions;
  }

  /// Whether a storage is away, so that it gets no new partitions.
  boolean isAway(String storage) {
    return storages.find(storage).filter(signs::isAway).isPresent();
  }

  /// Those that are not away, if there are any: one that is must not keep queues from being made.
  private List<Storage> takingNew() {
    List<Storage> there =
        storages.all().stream()
            .filter(storage -> storage.affinity() > 0 && !signs.isAway(storage))
            .toList();
    return there.isEmpty() ? storages.all() : there;
  }

  /// Waits for this node to follow a change, and for what that entails.
  private void await(CompletableFuture<Followed> following, long deadline) {
    try {
      Followed followed = value(following, deadline);
      if (followed != null) {
        value(followed.done(), deadline);
      }
    } catch (CompletionException e) {
      if (e.getCause() instanceof StorageException storage) {
        throw storage;
      }
      throw e;
    }
  }

  private <T> @Nullable T value(CompletableFuture<T> future, long deadline) {
    try {
      long wait = deadline - Micros.of(clock.instant());
      return future.get(Math.max(0, wait), TimeUnit.MICROSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    }
  }

  // Update

  /// Changes a queue, and waits until the change is in force.
  ///
  /// @param change from what the queue is to what it shall be; may be asked several times, and what
  ///   it throws ends the update
  /// @throws StorageException if a storage is away; whether the queue was changed is not known
  public DefinitionResult update(
      String name, UnaryOperator<QueueDefinition> change, long deadline) {
    for (int i = 0; i < TRIES; i++) {
      DefinitionResult refusal = closed;
      if (refusal != null) {
        return refusal;
      }
      Optional<QueueRecord> before = catalogue.queue(name);
      if (before.isEmpty()) {
        return DefinitionResult.NO_SUCH_QUEUE;
      }
      QueueRecord record = before.get();
      DefinitionResult result = update(record, change.apply(QueueDefinition.of(record)));
      if (result != DefinitionResult.CONTENDED) {
        if (result == DefinitionResult.DONE) {
          await(follower.follow(name), deadline);
        }
        return result;
      }
    }
    return DefinitionResult.CONTENDED;
  }

  private DefinitionResult update(QueueRecord before, QueueDefinition definition) {
    int count = definition.partitions();
    List<PartitionRecord> kept = Repartition.keep(before.partitions(), count);
    List<Integer> missing = Repartition.missing(kept, count);
    return withPartitions(
        missing.size(),
        () -> {
          List<PartitionRecord> added = newPartitions(missing, kept);
          stored.make(added);
          List<PartitionRecord> all = Repartition.inOrder(kept, added);
          return replace(before, changed(before, definition, all), added);
        });
  }

  private DefinitionResult replace(
      QueueRecord before, QueueRecord after, List<PartitionRecord> added) {
    boolean replaced;
    try {
      replaced = catalogue.replace(after);
    } catch (StorageException e) {
      follower.settleLate(before.name(), added);
      throw e;
    }
    if (!replaced) {
      stored.drop(added);
      return DefinitionResult.CONTENDED;
    }
    return DefinitionResult.DONE;
  }

  private QueueRecord changed(
      QueueRecord before, QueueDefinition definition, List<PartitionRecord> partitions) {
    Instant now = now();
    Instant updatedAt = now.isAfter(before.updatedAt()) ? now : before.updatedAt().plusNanos(1_000);
    int active = Repartition.active(before.partitions());
    boolean repartitioned = active != Repartition.active(partitions);
    return new QueueRecord(
        before.name(),
        before.version() + 1,
        before.namespace(),
        before.createdAt(),
        updatedAt,
        definition.deadQueue(),
        definition.reference(),
        definition.leaseTimeout(),
        definition.expireTimeout(),
        definition.maxAttempts(),
        definition.partitions(),
        partitions,
        repartitioned ? active : before.previousPartitions(),
        repartitioned ? updatedAt : before.repartitionedAt());
  }

  /// Forgets draining partitions that are empty; those that are active again meanwhile stay.
  ///
  /// @return the records that the queue no longer has
  List<PartitionRecord> forget(String name, Set<PartitionKey> drained) {
    for (int i = 0; i < TRIES; i++) {
      Optional<QueueRecord> found = catalogue.queue(name);
      if (found.isEmpty()) {
        return List.of();
      }
      QueueRecord before = found.get();
      List<PartitionRecord> gone =
          before.partitions().stream()
              .filter(p -> p.state() == State.DRAINING && drained.contains(p.key()))
              .toList();
      if (gone.isEmpty()) {
        return gone;
      }
      List<PartitionRecord> left = new ArrayList<>(before.partitions());
      left.removeAll(new HashSet<>(gone));
      if (catalogue.replace(before.with(left))) {
        return gone;
      }
    }
    return List.of();
  }

  // Delete

  /// Whether every delete that is not forced keeps a queue that is in use.
  public boolean deleteNeedsForce() {
    return settings.deleteNeedsForce();
  }

  /// Removes a queue with its items, and waits until they are gone.
  ///
  /// @param ifUnused only if it is empty, and no queue's dead queue
  /// @throws StorageException if a storage is away; whether the queue was deleted is not known
  public DefinitionResult delete(String name, boolean ifUnused, long deadline) {
    for (int i = 0; i < TRIES; i++) {
      DefinitionResult refusal = closed;
      if (refusal != null) {
        return refusal;
      }
      Optional<QueueRecord> found = catalogue.queue(name);
      if (found.isEmpty()) {
        return DefinitionResult.NO_SUCH_QUEUE;
      }
      if (ifUnused && !isEmpty(name, deadline)) {
        return DefinitionResult.NOT_EMPTY;
      }
      if (ifUnused && !queues.withDeadQueue(name).isEmpty()) {
        return DefinitionResult.IS_DEAD_QUEUE;
      }
      if (delete(found.get(), deadline)) {
        return DefinitionResult.DONE;
      }
    }
    return DefinitionResult.CONTENDED;
  }

  private boolean delete(QueueRecord record, long deadline) {
    boolean deleted;
    try {
      deleted = catalogue.delete(record.name(), record.version());
    } catch (StorageException e) {
      follower.settleLate(record.name(), record.partitions());
      throw e;
    }
    if (deleted) {
      await(follower.settle(record.name(), record.partitions()), deadline);
    }
    return deleted;
  }

  private boolean isEmpty(String name, long deadline) {
    ServedQueue queue = queues.find(name);
    return queue == null
        || Parallel.map(queue.partitions(), slot -> isEmpty(queue, slot, deadline)).stream()
            .allMatch(empty -> empty);
  }

  private boolean isEmpty(ServedQueue queue, PartitionSlot slot, long deadline) {
    NodeId owner = slot.owner();
    return owner == null
        ? slot.isCertainlyEmpty()
        : peers.isEmpty(new Peers.Target(owner, queue.name(), slot.key()), deadline);
  }
}

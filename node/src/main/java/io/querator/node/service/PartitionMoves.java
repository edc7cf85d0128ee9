package io.querator.node.service;

import io.querator.node.service.PartitionRecords.Result;
import io.querator.storage.Catalogue;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.Relocation;
import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/// Asks for partitions to be moved between storages. Their owners do it, see [Relocations]. Safe
/// for use by many threads.
public final class PartitionMoves {
  private static final int TRIES = 20;

  private final Catalogue catalogue;
  private final Storages storages;
  private final Queues queues;
  private final PartitionRecords records;
  private final CatalogueFollower follower;

  PartitionMoves(
      Catalogue catalogue,
      Storages storages,
      Queues queues,
      PartitionRecords records,
      CatalogueFollower follower) {
    this.catalogue = catalogue;
    this.storages = storages;
    this.queues = queues;
    this.records = records;
    this.follower = follower;
  }

  /// Whether a storage has this name in the configuration of this node.
  public boolean hasStorage(String name) {
    return storages.find(name).isPresent();
  }

  /// Asks for a partition to be moved to `storage`. Where it lies there already, or where it is
  /// being moved elsewhere, it shall stay.
  ///
  /// @return done, or why not
  /// @throws StorageException if the catalogue is away; whether it was asked for is not known
  public DefinitionResult move(ServedQueue queue, PartitionKey partition, String storage) {
    Result result = records.change(queue.name(), partition, now -> moving(now, storage));
    var _ = follower.follow(queue.name());
    return switch (result) {
      case DONE -> DefinitionResult.DONE;
      case GONE -> DefinitionResult.NO_SUCH_QUEUE;
      case REFUSED, CONTENDED -> DefinitionResult.CONTENDED;
    };
  }

  private static PartitionRecord moving(PartitionRecord now, String storage) {
    if (now.storage().equals(storage)) {
      return now.relocating(null);
    }
    Relocation already = now.relocation();
    return already != null && already.storage().equals(storage)
        ? now
        : now.relocating(new Relocation(storage, null));
  }

  /// Asks for all partitions to be moved off a storage, to the others by their affinities. New
  /// partitions go there as before.
  ///
  /// @return whether it is possible: another storage takes new partitions
  /// @throws StorageException if the catalogue is away; what was asked for until then goes on
  public boolean drain(String storage) {
    List<Storage> others =
        storages.all().stream()
            .filter(one -> one.affinity() > 0 && !one.name().equals(storage))
            .toList();
    if (others.isEmpty()) {
      return false;
    }
    Map<String, Integer> onNode = queues.partitionsByStorage();
    catalogue.queues().forEach(queue -> drain(queue.name(), storage, others, onNode));
    return true;
  }

  private void drain(
      String name, String storage, List<Storage> others, Map<String, Integer> onNode) {
    for (int i = 0; i < TRIES; i++) {
      QueueRecord before = catalogue.queue(name).orElse(null);
      if (before == null || before.partitions().stream().noneMatch(p -> p.goal().equals(storage))) {
        return;
      }
      if (catalogue.replace(before.with(drained(before, storage, others, onNode)))) {
        var _ = follower.follow(name);
        return;
      }
    }
    throw new StorageException.Unavailable(
        "queue %s changes again and again".formatted(name), null);
  }

  private static List<PartitionRecord> drained(
      QueueRecord queue, String storage, List<Storage> others, Map<String, Integer> onNode) {
    Map<String, Integer> inQueue = new HashMap<>();
    queue.partitions().stream()
        .map(PartitionRecord::goal)
        .filter(goal -> !goal.equals(storage))
        .forEach(goal -> inQueue.merge(goal, 1, Integer::sum));
    int leaving = (int) queue.partitions().stream().filter(p -> p.goal().equals(storage)).count();
    Iterator<Storage> goals = new Spread(others, inQueue, onNode).next(leaving).iterator();
    List<PartitionRecord> partitions = new ArrayList<>();
    for (PartitionRecord partition : queue.partitions()) {
      if (partition.goal().equals(storage)) {
        String goal = goals.next().name();
        onNode.merge(goal, 1, Integer::sum);
        partitions.add(moving(partition, goal));
      } else {
        partitions.add(partition);
      }
    }
    return partitions;
  }
}

package io.querator.node.service;

import io.querator.node.service.Openings.Wanted;
import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Partitions that the catalogue names and this node cannot have: their storage is not in its
/// configuration, or does not know them, as one whose URL now leads to another database.
///
/// Each is told once, when it is found. Safe for use by many threads.
public final class MissingPartitions {
  /// How many partitions a message names.
  private static final int NAMED_MAX = 20;

  /// How often a storage is asked whether it has them after all.
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(MissingPartitions.class);

  private final Storages storages;
  private final Keeper keeper;
  private final Map<PartitionKey, Missing> missing = new ConcurrentHashMap<>();

  /// @param location where it should be
  /// @param configured whether this node has a storage of that name
  private record Missing(String queue, int index, Location location, boolean configured) {
    String name() {
      return queue + "/" + index;
    }

    String storage() {
      return location.storage();
    }
  }

  MissingPartitions(Storages storages, Keeper keeper) {
    this.storages = storages;
    this.keeper = keeper;
  }

  /// Looks once in a while whether storages have them after all, as after a restored backup.
  void begin() {
    keeper.after(
        LOOK_AGAIN,
        () ->
            keeper.work(() -> {
              try {
                lookAgain();
              } finally {
                begin();
              }
            }));
  }

  /// Those of `partitions`, new ones or moved ones, whose storage is not configured here are
  /// missing.
  void appeared(List<Wanted> partitions) {
    for (Wanted one : partitions) {
      Location location = one.slot().record().location();
      missing.computeIfPresent(
          one.slot().key(), (_, before) -> before.location().equals(location) ? before : null);
    }
    add(partitions.stream().filter(one -> storage(one).isEmpty()).toList(), false);
  }

  /// Their storage says that it does not know them.
  void unknown(Collection<Wanted> partitions) {
    add(partitions, true);
  }

  private Optional<Storage> storage(Wanted partition) {
    return storages.find(partition.slot().record().storage());
  }

  private void add(Collection<Wanted> partitions, boolean configured) {
    Map<String, List<Missing>> news = new TreeMap<>();
    for (Wanted one : partitions) {
      PartitionSlot slot = one.slot();
      Missing entry =
          new Missing(one.queue().name(), slot.index(), slot.record().location(), configured);
      if (missing.putIfAbsent(slot.key(), entry) == null) {
        news.computeIfAbsent(entry.storage(), _ -> new ArrayList<>()).add(entry);
      }
    }
    news.forEach((storage, found) ->
        log.atError()
            .addKeyValue("storage", storage)
            .addKeyValue("count", found.size())
            .addKeyValue("partitions", names(found))
            .log(
                configured
                    ? "partitions are not in their storage: is it another database?"
                    : "partitions lie on a storage that is not configured"));
  }

  private static String names(Collection<Missing> partitions) {
    String names =
        partitions.stream()
            .sorted(Comparator.comparing(Missing::queue).thenComparingInt(Missing::index))
            .limit(NAMED_MAX)
            .map(Missing::name)
            .collect(Collectors.joining(", "));
    int more = partitions.size() - NAMED_MAX;
    return more > 0 ? names + " and " + more + " more" : names;
  }

  /// It is open here, or no longer part of a queue.
  void remove(PartitionKey partition) {
    missing.remove(partition);
  }

  /// How many there are.
  public int size() {
    return missing.size();
  }

  /// What is wrong with each storage, by its name; for people.
  public Map<String, String> problems() {
    Map<String, List<Missing>> byStorage = new TreeMap<>();
    missing
        .values()
        .forEach(one -> byStorage.computeIfAbsent(one.storage(), _ -> new ArrayList<>()).add(one));
    Map<String, String> problems = new TreeMap<>();
    byStorage.forEach((storage, found) ->
        problems.put(
            storage,
            (found.getFirst().configured()
                    ? "does not have partitions that lie on it: "
                    : "is not configured, but partitions lie on it: ")
                + names(found)));
    return problems;
  }

  private void lookAgain() {
    Map<Storage, Set<Location>> asked = new HashMap<>();
    missing
        .values()
        .forEach(one ->
            storages
                .find(one.storage())
                .ifPresent(storage ->
                    asked.computeIfAbsent(storage, _ -> new HashSet<>()).add(one.location())));
    asked.forEach((storage, locations) -> {
      try {
        Instant soon = storage.store().databaseTime().plus(LOOK_AGAIN);
        Set<PartitionKey> there = storage.store().created(soon);
        locations.removeIf(location -> !there.contains(location.key()));
        missing.values().removeIf(one -> locations.contains(one.location()));
      } catch (StorageException e) {
        log.atDebug().addKeyValue("storage", storage.name()).setCause(e).log("not asked");
      }
    });
  }
}

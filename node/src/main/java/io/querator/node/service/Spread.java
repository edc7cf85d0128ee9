package io.querator.node.service;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Over which storages the partitions of a queue are spread.
///
/// Each storage gets its share by affinity, rounded down or up, and what rounding leaves over goes
/// to those that have the least for their affinity on the whole node: so many small queues are
/// spread as one large one is.
final class Spread {
  private final List<Storage> storages;
  private final Map<String, Integer> inQueue;
  private final Map<String, Integer> onNode;

  /// @param inQueue how many partitions the queue has on each storage already
  /// @param onNode how many partitions all queues have on each storage
  Spread(List<Storage> storages, Map<String, Integer> inQueue, Map<String, Integer> onNode) {
    this.storages = storages.stream().filter(storage -> storage.affinity() > 0).toList();
    this.inQueue = inQueue;
    this.onNode = onNode;
  }

  /// The storages of `count` more partitions, in the order of their index.
  List<Storage> next(int count) {
    Map<String, Integer> have = new HashMap<>(inQueue);
    int total = count + have.values().stream().mapToInt(Integer::intValue).sum();
    Map<String, Integer> targets = targets(total);
    List<Storage> chosen = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      Storage next = mostWanting(have, targets);
      have.merge(next.name(), 1, Integer::sum);
      chosen.add(next);
    }
    return chosen;
  }

  private Map<String, Integer> targets(int total) {
    double sum = storages.stream().mapToDouble(Storage::affinity).sum();
    Map<String, Integer> targets = new HashMap<>();
    int rest = total;
    for (Storage storage : storages) {
      int floor = (int) Math.floor(total * (storage.affinity() / sum));
      targets.put(storage.name(), floor);
      rest -= floor;
    }
    List<Storage> byLoad =
        storages.stream()
            .sorted(Comparator.comparingDouble(storage -> load(storage, targets)))
            .toList();
    for (int i = 0; i < rest; i++) {
      targets.merge(byLoad.get(i % byLoad.size()).name(), 1, Integer::sum);
    }
    return targets;
  }

  private double load(Storage storage, Map<String, Integer> targets) {
    int there = onNode.getOrDefault(storage.name(), 0);
    return (there + targets.getOrDefault(storage.name(), 0)) / storage.affinity();
  }

  private Storage mostWanting(Map<String, Integer> have, Map<String, Integer> targets) {
    return storages.stream()
        .filter(storage -> targets.getOrDefault(storage.name(), 0) > 0)
        .min(Comparator.comparingDouble(storage -> filled(storage, have, targets)))
        .orElseThrow();
  }

  private static double filled(
      Storage storage, Map<String, Integer> have, Map<String, Integer> targets) {
    return (double) have.getOrDefault(storage.name(), 0) / targets.getOrDefault(storage.name(), 0);
  }
}

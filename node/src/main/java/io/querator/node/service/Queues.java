package io.querator.node.service;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/// All queues of the catalogue, as this node knows them.
///
/// Any thread may look; only the [Keeper]'s changes it.
public final class Queues {
  /// The order of the names' UTF-8 bytes, which is not that of their chars.
  static final Comparator<String> BY_NAME =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  private final ConcurrentMap<String, ServedQueue> byName = new ConcurrentHashMap<>();
  private final ConcurrentSkipListMap<String, ServedQueue> inOrder =
      new ConcurrentSkipListMap<>(BY_NAME);
  private volatile boolean loaded;

  Queues() {}

  /// Whether the catalogue has been read. Before that, a queue that is not here may exist.
  public boolean isLoaded() {
    return loaded;
  }

  /// The queue, or null if there is none.
  public @Nullable ServedQueue find(String name) {
    return byName.get(name);
  }

  /// All queues in the order of their names.
  public Collection<ServedQueue> all() {
    return inOrder.values();
  }

  /// The queues of a namespace in the order of their names.
  ///
  /// @param from the first name, which need not exist; empty: from the start
  public List<ServedQueue> list(String namespace, String from, int max) {
    return inOrder.tailMap(from, true).values().stream()
        .filter(queue -> queue.record().namespace().equals(namespace))
        .limit(max)
        .toList();
  }

  /// The queues whose dead queue is `name`.
  List<ServedQueue> withDeadQueue(String name) {
    return inOrder.values().stream()
        .filter(queue -> queue.record().deadQueue().equals(name))
        .toList();
  }

  /// A queue whose dead queue is `name`, or empty.
  public String deadQueueOf(String name) {
    List<ServedQueue> queues = withDeadQueue(name);
    return queues.isEmpty() ? "" : queues.getFirst().name();
  }

  int size() {
    return byName.size();
  }

  int partitions() {
    return byName.values().stream().mapToInt(queue -> queue.partitions().size()).sum();
  }

  /// How many partitions lie on each storage, or are on their way to it.
  Map<String, Integer> partitionsByStorage() {
    Map<String, Integer> counts = new HashMap<>();
    for (ServedQueue queue : byName.values()) {
      queue.record().partitions().forEach(p -> counts.merge(p.goal(), 1, Integer::sum));
    }
    return counts;
  }

  // Changes, by the keeper's thread

  void loaded() {
    loaded = true;
  }

  void put(ServedQueue queue) {
    byName.put(queue.name(), queue);
    inOrder.put(queue.name(), queue);
  }

  void remove(ServedQueue queue) {
    byName.remove(queue.name(), queue);
    inOrder.computeIfPresent(
        queue.name(), (_, there) -> Objects.equals(there, queue) ? null : there);
  }
}

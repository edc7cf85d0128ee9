package io.querator.storage.memory;

import io.querator.storage.Catalogue;
import io.querator.storage.QueueRecord;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Keeps queue definitions in the memory of this process. Safe for use by many threads, which share
/// it without an owner: hence the lock.
public final class MemoryCatalogue implements Catalogue {
  private final TreeMap<String, QueueRecord> queues =
      new TreeMap<>((a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b)));

  @Override
  public synchronized List<QueueRecord> queues() {
    return List.copyOf(queues.values());
  }

  @Override
  public synchronized Optional<QueueRecord> queue(String name) {
    return Optional.ofNullable(queues.get(name));
  }

  @Override
  public synchronized Map<String, Long> versions() {
    return queues.values().stream()
        .collect(Collectors.toMap(QueueRecord::name, QueueRecord::version));
  }

  @Override
  public synchronized boolean create(QueueRecord queue) {
    return queues.putIfAbsent(queue.name(), queue) == null;
  }

  @Override
  public synchronized boolean replace(QueueRecord queue) {
    QueueRecord stored = queues.get(queue.name());
    if (stored == null || stored.version() != queue.version() - 1) {
      return false;
    }
    queues.put(queue.name(), queue);
    return true;
  }

  @Override
  public synchronized boolean delete(String name, long version) {
    QueueRecord stored = queues.get(name);
    if (stored == null || stored.version() != version) {
      return false;
    }
    queues.remove(name);
    return true;
  }

  private static byte[] utf8(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}

package io.querator.node.service;

import io.querator.storage.Claim;
import io.querator.storage.StorageException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// Decides who owns a partition where there is one node: this one owns all of them.
///
/// Its claims go before those of every process that opened the same database earlier. Safe for use
/// by many threads.
final class LocalAssignment {
  private final String owner;
  private final UUID incarnation;
  private final AtomicLong decisions = new AtomicLong();
  private final Map<String, Long> generations = new ConcurrentHashMap<>();

  LocalAssignment(String owner, UUID incarnation) {
    this.owner = owner;
    this.incarnation = incarnation;
  }

  /// A new claim to partitions on `storage`. Blocks the first time.
  ///
  /// @throws StorageException if the storage cannot be asked
  Claim claim(Storage storage) {
    Long known = generations.get(storage.name());
    long generation = known == null ? storage.store().highestGeneration() + 1 : known;
    generations.put(storage.name(), generation);
    return new Claim(owner, incarnation, generation, decisions.incrementAndGet());
  }

  /// Somebody's claim was newer: the next one has to be newer still.
  void outdone(Storage storage) {
    generations.remove(storage.name());
  }
}

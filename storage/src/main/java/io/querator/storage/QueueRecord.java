package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/// The definition of a queue as the catalogue keeps it. Times have a precision of microseconds.
///
/// @param version raised by one with every change; a queue that is made again under its name begins
///   above the versions of the one before
/// @param deadQueue name, or empty
/// @param partitions in the order of their index
/// @param previousPartitions how many active partitions there were before `repartitionedAt`
/// @param repartitionedAt when the number of active partitions last changed; the creation at first
public record QueueRecord(
    String name,
    long version,
    String namespace,
    Instant createdAt,
    Instant updatedAt,
    String deadQueue,
    String reference,
    Duration leaseTimeout,
    Duration expireTimeout,
    int maxAttempts,
    int requestedPartitions,
    List<PartitionRecord> partitions,
    int previousPartitions,
    Instant repartitionedAt) {
  public QueueRecord {
    requireNonNull(name, "name");
    requireNonNull(namespace, "namespace");
    requireNonNull(createdAt, "createdAt");
    requireNonNull(updatedAt, "updatedAt");
    requireNonNull(deadQueue, "deadQueue");
    requireNonNull(reference, "reference");
    requireNonNull(leaseTimeout, "leaseTimeout");
    requireNonNull(expireTimeout, "expireTimeout");
    requireNonNull(repartitionedAt, "repartitionedAt");
    partitions = List.copyOf(partitions);
  }

  /// The next version of this definition, with other partitions.
  public QueueRecord with(List<PartitionRecord> changed) {
    return new QueueRecord(
        name,
        version + 1,
        namespace,
        createdAt,
        updatedAt,
        deadQueue,
        reference,
        leaseTimeout,
        expireTimeout,
        maxAttempts,
        requestedPartitions,
        changed,
        previousPartitions,
        repartitionedAt);
  }
}

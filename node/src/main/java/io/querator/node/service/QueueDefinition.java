package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.storage.QueueRecord;
import java.time.Duration;

/// What a user says of a queue.
///
/// @param deadQueue the name of the queue that takes dead items, or empty
/// @param maxAttempts 0: no limit
/// @param partitions how many are asked for
public record QueueDefinition(
    String deadQueue,
    String reference,
    Duration leaseTimeout,
    Duration expireTimeout,
    int maxAttempts,
    int partitions) {
  public QueueDefinition {
    requireNonNull(deadQueue, "deadQueue");
    requireNonNull(reference, "reference");
    requireNonNull(leaseTimeout, "leaseTimeout");
    requireNonNull(expireTimeout, "expireTimeout");
  }

  static QueueDefinition of(QueueRecord record) {
    return new QueueDefinition(
        record.deadQueue(),
        record.reference(),
        record.leaseTimeout(),
        record.expireTimeout(),
        record.maxAttempts(),
        record.requestedPartitions());
  }
}

package io.querator.queue;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/// What the loop needs to know of its queue's definition.
///
/// @param leaseTimeout how long a lease lives
/// @param expireTimeout how long an item may wait
/// @param maxAttempts after so many leases that ran out an item is dead; 0: never
/// @param deadQueue the name of the queue that takes dead items; empty: they are deleted
public record QueueSettings(
    Duration leaseTimeout, Duration expireTimeout, int maxAttempts, String deadQueue) {
  public QueueSettings {
    requireNonNull(leaseTimeout, "leaseTimeout");
    requireNonNull(expireTimeout, "expireTimeout");
    requireNonNull(deadQueue, "deadQueue");
  }

  long leaseMicros() {
    return leaseTimeout.toNanos() / 1_000;
  }

  long expireMicros() {
    return expireTimeout.toNanos() / 1_000;
  }
}

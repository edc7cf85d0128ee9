package io.querator.queue;

import static java.util.Objects.requireNonNull;

import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/// What all partitions of a node share.
///
/// @param clock never goes back and is not set while the process lives: deadlines are measured by
///   it
/// @param background runs reads outside of turns; bounded by whoever gives it
/// @param random for turn tokens; safe for many threads
public record PartitionContext(
    InstantSource clock,
    DatabaseClocks databaseClocks,
    PartitionLimits limits,
    LeaseBudget leases,
    MemoryBudget memory,
    Executor background,
    DeadLetters deadLetters,
    TurnObserver observer,
    RandomGenerator random) {
  public PartitionContext {
    requireNonNull(clock, "clock");
    requireNonNull(databaseClocks, "databaseClocks");
    requireNonNull(limits, "limits");
    requireNonNull(leases, "leases");
    requireNonNull(memory, "memory");
    requireNonNull(background, "background");
    requireNonNull(deadLetters, "deadLetters");
    requireNonNull(observer, "observer");
    requireNonNull(random, "random");
  }

  /// The same, with another way to run reads.
  public PartitionContext readingBy(Executor reads) {
    return new PartitionContext(
        clock, databaseClocks, limits, leases, memory, reads, deadLetters, observer, random);
  }

  /// The same, for turns that nobody is told of.
  public PartitionContext unobserved() {
    return new PartitionContext(
        clock,
        databaseClocks,
        limits,
        leases,
        memory,
        background,
        deadLetters,
        TurnObserver.NONE,
        random);
  }
}

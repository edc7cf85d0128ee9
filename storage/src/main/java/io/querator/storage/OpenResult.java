package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/// What an attempt to take a partition over came to.
public sealed interface OpenResult {
  PartitionKey key();

  /// The partition is ours under `epoch`: no write of an older epoch can become visible any more.
  ///
  /// @param databaseTime the database's clock at the opening
  /// @param historyLost whether the store had a lower epoch than the caller had seen: a restored
  ///   backup, a lost tail. Also at the first opening of a partition that is to be filled
  /// @param empty whether there was nothing that a reader would find: no lease, and no row from the
  ///   low water on. False where that was not looked for
  record Opened(
      PartitionKey key,
      Claim claim,
      Epoch epoch,
      Instant databaseTime,
      LowWater lowWater,
      boolean historyLost,
      boolean empty)
      implements OpenResult {
    public Opened {
      requireNonNull(key, "key");
      requireNonNull(claim, "claim");
      requireNonNull(epoch, "epoch");
      requireNonNull(databaseTime, "databaseTime");
      requireNonNull(lowWater, "lowWater");
    }

    /// The same opening under the epoch that a [CommitResult] named.
    public Opened at(Epoch raised) {
      return raised.equals(epoch)
          ? this
          : new Opened(key, claim, raised, databaseTime, lowWater, historyLost, false);
    }

    /// The same opening after a batch with a new mark was committed.
    public Opened marked(LowWater mark) {
      return new Opened(key, claim, epoch, databaseTime, mark, historyLost, false);
    }

    /// The same opening, found to be empty.
    public Opened found(boolean isEmpty) {
      return new Opened(key, claim, epoch, databaseTime, lowWater, historyLost, isEmpty);
    }
  }

  /// A claim that is not older holds the partition.
  record Stale(PartitionKey key) implements OpenResult {}

  /// The store does not know the partition.
  record Missing(PartitionKey key) implements OpenResult {}
}

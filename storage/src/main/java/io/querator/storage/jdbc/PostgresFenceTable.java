package io.querator.storage.jdbc;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.sql.ConnectionPool;
import io.querator.storage.sql.Fence;
import io.querator.storage.sql.FenceTable;
import io.querator.storage.sql.Mark;
import io.querator.storage.sql.Raised;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Fence rows and marks, by connections of their own.
final class PostgresFenceTable implements FenceTable {
  private final ConnectionPool pool;
  private final FenceLock lock;
  private final EpochUpdate update;
  private final Fences fences;
  private final Marks marks;

  /// @param pool as [FenceLock] needs it
  PostgresFenceTable(Tables tables, ConnectionPool pool) {
    this.pool = pool;
    this.lock = new FenceLock(pool);
    this.update = new EpochUpdate(tables);
    this.fences = new Fences(tables);
    this.marks = new Marks(tables);
  }

  @Override
  public Map<PartitionKey, Fence> read(Set<PartitionKey> keys) {
    return pool.repeatable("read fences", c -> fences.fences(c, keys));
  }

  @Override
  public Map<PartitionKey, Mark> marks(Set<PartitionKey> keys) {
    return pool.repeatable("read marks", c -> marks.highest(c, keys));
  }

  @Override
  public Map<PartitionKey, Raised> take(Map<PartitionKey, Epoch> seen, Claim claim) {
    return lock.once("take over partitions", (c, session) -> update.take(c, session, seen, claim));
  }

  @Override
  public Optional<Raised> raise(Opened last, Epoch stored) {
    return lock.repeatable(
        "raise an epoch", (c, session) -> update.raise(c, session, last, stored));
  }

  @Override
  public void condemn(PartitionKey key) {
    lock.repeatable("take a partition away", (c, session) -> update.condemn(c, session, key));
  }
}

package io.querator.queue;

import io.querator.storage.Batch;
import io.querator.storage.BatchBuilder;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.Position;
import io.querator.storage.StoredLease;
import io.querator.storage.TurnToken;
import java.util.List;
import java.util.OptionalLong;

/// A durable mark on a partition that is being handed over to another place: whoever opens it must
/// find out first which of the two places is in charge.
///
/// It is kept as a lease that holds its own id, which no item can have as its position: ids and
/// positions are given from one sequence, each once. So every storage can keep it, it is written
/// and removed under the fence, and a loop that opens the partition cannot miss it.
public final class Seal {
  private Seal() {}

  /// Puts the seal on. Nothing else must have been written under this epoch.
  ///
  /// @param opened just now, by an epoch of its own
  /// @param reason for people who look at the leases of the database
  public static Batch on(Opened opened, TurnToken token, String reason) {
    long id = Position.ready(opened.epoch(), 0);
    StoredLease seal = new StoredLease(id, reason, 0, new long[] {id}, new int[] {0});
    return new BatchBuilder(opened, token).leases(seal).build();
  }

  /// Takes the seal off.
  ///
  /// @param id of the seal
  public static Batch off(Opened opened, TurnToken token, long id) {
    return new BatchBuilder(opened, token).endedLeases(id).build();
  }

  /// The id of the seal among the leases of a partition.
  static OptionalLong among(List<StoredLease> leases) {
    return leases.stream().filter(Seal::is).mapToLong(StoredLease::id).findFirst();
  }

  /// Whether what is stored as a lease is a seal.
  public static boolean is(StoredLease lease) {
    return lease.positions().length == 1 && lease.positions()[0] == lease.id();
  }
}

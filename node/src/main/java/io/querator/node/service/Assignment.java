package io.querator.node.service;

import io.querator.node.service.Openings.Wanted;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.StorageException;
import java.util.List;

/// Decides which partitions this node opens, and by which claim. All but [#claim] is called on the
/// [Keeper]'s thread.
interface Assignment {
  /// Partitions that calls may be for from now on; each is to be opened here, or to be known
  /// elsewhere.
  void appeared(List<Wanted> partitions);

  /// They are no longer part of a queue, and closed here.
  void vanished(List<PartitionSlot> partitions);

  /// What is equal for partitions that can be opened by one claim.
  Object group(Wanted partition);

  /// A claim to partitions of one group, which lie on `storage`. Blocks; called on any thread.
  ///
  /// @param group of the partitions
  /// @throws StorageException if the storage cannot be asked
  Claim claim(Storage storage, Object group);

  /// Whether a partition is still to be opened here.
  boolean isWanted(Wanted partition);

  /// An attempt to open a partition that is not wanted any more has ended; it is not open here.
  ///
  /// @param group of the attempt
  void abandoned(Wanted partition, Object group);

  /// A partition is open here.
  ///
  /// @param group of the attempt
  void opened(Wanted partition, Object group, Epoch epoch);

  /// Another claim holds a partition, which is closed here.
  ///
  /// @param group of the attempt to open it
  /// @param why for people
  void outdone(Wanted partition, Object group, Storage storage, String why);
}

package io.querator.node.service;

import io.querator.storage.Catalogue;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Changes what the catalogue says of one partition, by compare-and-set. Safe for use by many
/// threads, here and on other nodes.
final class PartitionRecords {
  private static final int TRIES = 20;

  private final Catalogue catalogue;

  PartitionRecords(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  /// What became of a change.
  enum Result {
    /// The record is as wanted.
    DONE,
    /// What the record said did not allow it.
    REFUSED,
    /// There is no such partition any more.
    GONE,
    /// Others changed the queue again and again.
    CONTENDED
  }

  /// From what the record says to what it shall say; the same, where it says so already; null where
  /// that must not be changed. May be asked several times.
  interface Change {
    @Nullable PartitionRecord apply(PartitionRecord record);
  }

  /// Changes the record of a partition. Blocks.
  ///
  /// @throws StorageException if the catalogue is away; whether the record was changed is not known
  Result change(String queue, PartitionKey key, Change change) {
    for (int i = 0; i < TRIES; i++) {
      Optional<QueueRecord> found = catalogue.queue(queue);
      int place = found.map(record -> place(record, key)).orElse(-1);
      if (place < 0) {
        return Result.GONE;
      }
      QueueRecord before = found.get();
      PartitionRecord old = before.partitions().get(place);
      PartitionRecord wanted = change.apply(old);
      if (wanted == null || wanted.equals(old)) {
        return wanted == null ? Result.REFUSED : Result.DONE;
      }
      List<PartitionRecord> partitions = new ArrayList<>(before.partitions());
      partitions.set(place, wanted);
      if (catalogue.replace(before.with(partitions))) {
        return Result.DONE;
      }
    }
    return Result.CONTENDED;
  }

  private static int place(QueueRecord record, PartitionKey key) {
    List<PartitionRecord> partitions = record.partitions();
    for (int i = 0; i < partitions.size(); i++) {
      if (partitions.get(i).key().equals(key)) {
        return i;
      }
    }
    return -1;
  }
}

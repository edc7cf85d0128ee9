package io.querator.node.service;

import io.querator.storage.Catalogue;
import io.querator.storage.Location;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.Relocation;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Drops partitions that no queue knows: what a process that ended in the middle of a change has
/// left behind.
///
/// Not where the queue may be known elsewhere: in the storage itself, which then is, or was, the
/// first of another configuration; or in a first storage that this configuration lacks, so that no
/// queue at all is known.
final class Leftovers {
  /// A younger one may belong to a queue that is just being created.
  private static final Duration AGE_MIN = Duration.ofHours(1);

  private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

  private final Storages storages;
  private final Catalogue catalogue;
  private final StoredPartitions stored;

  Leftovers(Storages storages, Catalogue catalogue, StoredPartitions stored) {
    this.storages = storages;
    this.catalogue = catalogue;
    this.stored = stored;
  }

  /// Looks once. Blocks.
  void drop() {
    for (Storage storage : storages.all()) {
      try {
        drop(storage);
      } catch (StorageException e) {
        log.atWarn()
            .addKeyValue("storage", storage.name())
            .setCause(e)
            .log("could not look for partitions without a queue");
      }
    }
  }

  private void drop(Storage storage) {
    // by the database's own clock, and read before the catalogue: a partition is in it before long
    Instant before = storage.store().databaseTime().minus(AGE_MIN);
    Set<PartitionKey> orphans = new HashSet<>(storage.store().created(before));
    List<QueueRecord> known = catalogue.queues();
    known.forEach(queue -> queue.partitions().forEach(partition -> keep(partition, orphans)));
    if (orphans.isEmpty()) {
      return;
    }
    if (known.isEmpty() || (storage != storages.all().getFirst() && storage.definesQueues())) {
      log.atError()
          .addKeyValue("storage", storage.name())
          .addKeyValue("partitions", orphans.size())
          .addKeyValue("queues", known.size())
          .log(
              "partitions belong to no queue of this configuration's first storage, and are kept:"
                  + " is another one missing in it, or not in its place?");
      return;
    }
    log.atWarn()
        .addKeyValue("storage", storage.name())
        .addKeyValue("partitions", orphans)
        .log("dropping partitions that belong to no queue");
    orphans.forEach(key -> stored.drop(new Location(storage.name(), key)));
  }

  /// Also on a storage of another name: two names may be of one database.
  private static void keep(PartitionRecord partition, Set<PartitionKey> orphans) {
    orphans.remove(partition.location().key());
    Relocation relocation = partition.relocation();
    if (relocation != null && relocation.copy() != null) {
      orphans.remove(relocation.copy());
    }
  }
}

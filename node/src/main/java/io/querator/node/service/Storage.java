package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A configured database.
///
/// @param name kept with each partition
/// @param source gives its store; throws [StorageException.Unavailable] while it is not open yet
/// @param affinity its share of new partitions relative to the other storages', 0: none
/// @param catalogue tells whether it holds definitions of queues, which count where it is the first
///   one; may throw a [StorageException]
public record Storage(
    String name, Supplier<PartitionStore> source, double affinity, BooleanSupplier catalogue) {
  private static final Logger log = LoggerFactory.getLogger(Storage.class);

  public Storage {
    requireNonNull(name, "name");
    requireNonNull(source, "source");
    requireNonNull(catalogue, "catalogue");
    if (!(affinity >= 0) || Double.isInfinite(affinity)) {
      throw new IllegalArgumentException("affinity of storage " + name + ": " + affinity);
    }
  }

  /// One that is open, and defines no queues itself.
  public Storage(String name, PartitionStore store, double affinity) {
    this(name, () -> store, affinity, () -> false);
    requireNonNull(store, "store");
  }

  /// Its partitions.
  ///
  /// @throws StorageException.Unavailable if it has not been reached since the start
  public PartitionStore store() {
    return source.get();
  }

  /// Whether it holds definitions of queues. Blocks.
  boolean definesQueues() {
    return catalogue.getAsBoolean();
  }

  /// Closes the store, if it is open.
  void close() {
    PartitionStore store;
    try {
      store = store();
    } catch (StorageException.Unavailable e) {
      log.atDebug().addKeyValue("storage", name).setCause(e).log("was never open");
      return;
    }
    store.close();
  }
}

package io.querator.queue;

import io.querator.storage.Micros;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How far the clocks of the storages' databases are ahead of ours. Safe for use by many threads.
///
/// Partitions that are loaded at the same time share a measurement: on a busy machine one takes
/// eight questions and more time than all that is loaded.
public final class DatabaseClocks {
  /// An answer that took no longer is taken at once.
  private static final long GOOD_MICROS = 4_000;

  private static final int SAMPLES = 8;

  private final InstantSource clock;
  private final long keptMicros;
  private final Map<PartitionStore, Measured> last = new ConcurrentHashMap<>();

  /// @param offset the database's clock minus ours, in microseconds
  /// @param at by our clock
  private record Measured(long offset, long at) {}

  /// @param clock never goes back and is not set while the process lives
  /// @param kept how long a measurement is good for: clocks drift apart, and a database's may be
  ///   set
  public DatabaseClocks(InstantSource clock, Duration kept) {
    this.clock = clock;
    keptMicros = Micros.of(kept);
  }

  /// The database's clock minus ours, in microseconds. Blocks if it was not measured lately.
  ///
  /// @throws StorageException if the database cannot be asked
  long offset(PartitionStore store) {
    Measured known = last.get(store);
    if (known != null && now() - known.at() < keptMicros) {
      return known.offset();
    }
    Measured measured = new Measured(measure(store), now());
    last.put(store, measured);
    return measured.offset();
  }

  /// A slow answer is asked for again: its middle may be as far off as it took, and the leases of
  /// the last owner would end too early by that.
  private long measure(PartitionStore store) {
    long offset = 0;
    long best = Long.MAX_VALUE;
    for (int i = 0; i < SAMPLES && best > GOOD_MICROS; i++) {
      long before = now();
      long database = Micros.of(store.databaseTime());
      long took = now() - before;
      if (took < best) {
        best = took;
        offset = database - (before + took / 2);
      }
    }
    return offset;
  }

  private long now() {
    return Micros.of(clock.instant());
  }
}

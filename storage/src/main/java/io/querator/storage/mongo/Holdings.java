package io.querator.storage.mongo;

import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The partitions that this store opened last. Safe for use by many threads.
final class Holdings {
  private final Map<PartitionKey, Holding> byKey = new ConcurrentHashMap<>();

  @Nullable Holding get(PartitionKey key) {
    return byKey.get(key);
  }

  /// What is known of the epoch of `opened` or a later one; null if another store has it.
  @Nullable Holding current(Opened opened) {
    Holding holding = byKey.get(opened.key());
    return holding != null && holding.epoch() >= opened.epoch().value() ? holding : null;
  }

  /// Keeps `holding` in place of an older one, whose rest it has taken over from the database.
  void open(Holding holding) {
    byKey.compute(
        holding.key(),
        (_, old) -> {
          if (old != null && old.epoch() > holding.epoch()) {
            return old;
          }
          if (old != null) {
            old.cleanUp().close();
          }
          return holding;
        });
    holding.cleanUp().begin();
  }

  /// Keeps `raised`, which shares the work that waits with `old`.
  void raise(Holding old, Holding raised) {
    if (byKey.replace(old.key(), old, raised)) {
      raised.cleanUp().raised(raised.opening().number(), raised::bounds);
    }
  }

  /// Somebody else has it now.
  void lose(Holding holding) {
    if (byKey.remove(holding.key(), holding)) {
      holding.cleanUp().close();
    }
  }

  void forget(PartitionKey key) {
    Holding holding = byKey.remove(key);
    if (holding != null) {
      holding.cleanUp().close();
    }
  }

  void close() {
    byKey.values().forEach(holding -> holding.cleanUp().close());
  }
}

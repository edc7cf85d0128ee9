package io.querator.node.service;

import io.querator.storage.StorageException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks each storage again and again for a sign of life. Safe for use by many threads.
final class SignsOfLife {
  private static final Duration INTERVAL = Duration.ofMillis(500);

  /// A storage that does not answer for so long is away.
  static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final Logger log = LoggerFactory.getLogger(SignsOfLife.class);

  private final Keeper keeper;
  private final Storages storages;
  private final Map<String, Long> answeredAt = new ConcurrentHashMap<>();

  SignsOfLife(Keeper keeper, Storages storages) {
    this.keeper = keeper;
    this.storages = storages;
  }

  /// From now on. Until then no storage is away; one that has not been reached yet is at once.
  void begin() {
    storages
        .all()
        .forEach(storage -> {
          long now = System.nanoTime();
          answeredAt.put(storage.name(), wasReached(storage) ? now : now - PATIENCE.toNanos());
          probe(storage);
        });
  }

  private static boolean wasReached(Storage storage) {
    try {
      var _ = storage.store();
      return true;
    } catch (StorageException.Unavailable e) {
      log.atDebug().addKeyValue("storage", storage.name()).setCause(e).log("not reached yet");
      return false;
    }
  }

  private void probe(Storage storage) {
    keeper.work(() -> {
      try {
        storage.store().databaseTime();
        answeredAt.put(storage.name(), System.nanoTime());
      } catch (StorageException e) {
        log.atDebug().addKeyValue("storage", storage.name()).setCause(e).log("no sign of life");
      }
      keeper.after(INTERVAL, () -> probe(storage));
    });
  }

  boolean isAway(Storage storage) {
    Long at = answeredAt.get(storage.name());
    return at != null && System.nanoTime() - at >= PATIENCE.toNanos();
  }

  boolean isAnyAway() {
    return storages.all().stream().anyMatch(this::isAway);
  }
}

package io.querator.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.node.config.NodeSettings;
import io.querator.node.config.Secret;
import io.querator.node.config.StorageSettings;
import io.querator.storage.Catalogue;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import io.querator.storage.database.Database;
import io.querator.storage.database.DatabaseSettings;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The storages of this node, open. Opened and closed by one thread.
final class Databases implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Databases.class);
  private static final Duration PAUSE = Duration.ofMillis(500);
  private static final Duration TOLD_EVERY = Duration.ofSeconds(10);

  /// Within the data folder.
  private static final String EMBEDDED = "postgres";

  private final NodeSettings settings;
  private final MeterRegistry meters;
  private final StopRequest stop;
  private final Map<StorageSettings, Database> databases = new LinkedHashMap<>();
  private @Nullable EmbeddedPostgres embedded;

  /// @param meters that get the numbers of the connection pools
  /// @param stop ends attempts to open
  Databases(NodeSettings settings, MeterRegistry meters, StopRequest stop) {
    this.settings = settings;
    this.meters = meters;
    this.stop = stop;
  }

  /// Opens all storages, waiting for those that cannot be reached.
  ///
  /// @param deadlineNanos of [System#nanoTime()]
  /// @throws StartException if one cannot be used, or not be reached before the deadline
  void open(long deadlineNanos) {
    for (StorageSettings storage : settings.storages()) {
      DatabaseSettings database =
          storage.url().isEmbedded() ? embedded(storage) : external(storage);
      databases.put(storage, open(database, deadlineNanos));
    }
  }

  /// In the order of the settings.
  Map<StorageSettings, PartitionStore> stores() {
    Map<StorageSettings, PartitionStore> stores = new LinkedHashMap<>();
    databases.forEach((storage, database) -> stores.put(storage, database.store()));
    return Collections.unmodifiableMap(stores);
  }

  /// Of the first storage.
  Catalogue catalogue() {
    return databases.values().iterator().next().catalogue();
  }

  private Database open(DatabaseSettings database, long deadlineNanos) {
    long tellNanos = System.nanoTime();
    while (true) {
      stop.check();
      try {
        return Database.open(database, meters);
      } catch (StorageException.Unavailable e) {
        long now = System.nanoTime();
        if (now - deadlineNanos >= 0) {
          throw new StartException(
              e.getMessage() + "; gave up after " + settings.startTimeout().toSeconds() + " s", e);
        }
        if (now - tellNanos >= 0) {
          log.atWarn()
              .addKeyValue("storage", database.name())
              .addKeyValue("problem", e.getMessage())
              .log("storage cannot be reached, trying on");
          tellNanos = now + TOLD_EVERY.toNanos();
        }
        stop.await(PAUSE);
      } catch (StorageException e) {
        throw new StartException(String.valueOf(e.getMessage()), e);
      }
    }
  }

  private DatabaseSettings embedded(StorageSettings storage) {
    stop.check();
    Path directory = settings.data().resolve(EMBEDDED);
    try {
      EmbeddedPostgres started =
          EmbeddedPostgres.start(directory, line -> log.atInfo().log("embedded database: " + line));
      embedded = started;
      log.atInfo()
          .addKeyValue("directory", directory)
          .addKeyValue("port", started.port())
          .addKeyValue("pid", started.pid())
          .addKeyValue("found-running", started.adopted())
          .log("embedded database runs");
      return database(storage, started.jdbcUrl(), started.user(), started.password());
    } catch (StorageException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private static DatabaseSettings external(StorageSettings storage) {
    return database(storage, storage.url().reveal(), storage.user(), password(storage));
  }

  private static DatabaseSettings database(
      StorageSettings storage, String url, @Nullable String user, @Nullable String password) {
    return new DatabaseSettings(
        storage.name(),
        url,
        user,
        password,
        storage.schema(),
        storage.lanes(),
        storage.commitTimeout(),
        storage.preparedStatements());
  }

  private static @Nullable String password(StorageSettings storage) {
    Path file = storage.passwordFile();
    if (file == null) {
      Secret password = storage.password();
      return password == null ? null : password.reveal();
    }
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new StartException(
          "cannot read the password of storage " + storage.name() + " from " + file + ": " + e, e);
    }
  }

  /// Closes what is open; the embedded database is stopped.
  @Override
  public void close() {
    try {
      databases.values().forEach(Database::close);
    } finally {
      EmbeddedPostgres running = embedded;
      if (running != null) {
        running.stop();
      }
    }
  }
}

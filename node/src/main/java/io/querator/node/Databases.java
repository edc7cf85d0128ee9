package io.querator.node;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.node.config.NodeSettings;
import io.querator.node.config.Secret;
import io.querator.node.config.StorageSettings;
import io.querator.storage.Catalogue;
import io.querator.storage.StorageException;
import io.querator.storage.database.DatabaseSettings;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The storages of this node. Opened and closed by one thread.
final class Databases implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Databases.class);

  /// How long a start waits for storages other than the first before it goes on without them.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /// Within the data folder.
  private static final String EMBEDDED = "postgres";

  private final NodeSettings settings;
  private final MeterRegistry meters;
  private final StopRequest stop;
  private final List<LateDatabase> databases = new ArrayList<>();
  private @Nullable EmbeddedPostgres embedded;

  /// @param meters that get the numbers of the connection pools
  /// @param stop ends attempts to open
  Databases(NodeSettings settings, MeterRegistry meters, StopRequest stop) {
    this.settings = settings;
    this.meters = meters;
    this.stop = stop;
  }

  /// Opens the first storage, which holds the definitions of all queues, waiting for it if it
  /// cannot be reached; and the others, which are opened later if they cannot.
  ///
  /// @param deadlineNanos of [System#nanoTime()]
  /// @throws StartException if one that can be reached cannot be used, or if the first one cannot
  ///   be reached before the deadline
  void open(long deadlineNanos) {
    for (StorageSettings storage : settings.storages()) {
      DatabaseSettings how = storage.url().isEmbedded() ? embedded(storage) : external(storage);
      databases.add(new LateDatabase(storage, how, meters).start());
    }
    LateDatabase first = databases.getFirst();
    if (!await(first, deadlineNanos)) {
      StorageException problem = first.problem();
      throw new StartException(
          (problem == null
                  ? "storage " + first.settings().name() + " does not answer"
                  : problem.getMessage())
              + "; gave up after "
              + settings.startTimeout().toSeconds()
              + " s",
          problem);
    }
    long patience = Math.min(deadlineNanos, System.nanoTime() + PATIENCE.toNanos());
    for (LateDatabase other : databases.subList(1, databases.size())) {
      if (!await(other, patience)) {
        log.atWarn()
            .addKeyValue("storage", other.settings().name())
            .log("starting without a storage that cannot be reached");
      }
    }
    checkFirst();
  }

  /// @return whether it is open
  private boolean await(LateDatabase database, long untilNanos) {
    long wait = Math.max(0, untilNanos - System.nanoTime());
    boolean settled = stop.await(database.settled(), Duration.ofNanos(wait));
    StorageException refusal = database.refusal();
    if (refusal != null) {
      throw new StartException(String.valueOf(refusal.getMessage()), refusal);
    }
    return settled;
  }

  /// The definitions of queues are not moved to another storage by naming that one first: all
  /// queues would be gone.
  private void checkFirst() {
    LateDatabase first = databases.getFirst();
    if (databases.size() == 1 || defines(first)) {
      return;
    }
    databases.stream()
        .filter(this::defines)
        .findFirst()
        .ifPresent(other -> {
          throw new StartException(
              "storage %1$s comes first in the configuration but defines no queues, while storage %2$s does: %2$s was the first one, put it there again"
                  .formatted(first.settings().name(), other.settings().name()),
              null);
        });
  }

  private boolean defines(LateDatabase database) {
    try {
      return database.definesQueues();
    } catch (StorageException e) {
      log.atDebug().addKeyValue("storage", database.settings().name()).setCause(e).log("not asked");
      return false;
    }
  }

  /// In the order of the settings.
  List<LateDatabase> all() {
    return List.copyOf(databases);
  }

  /// What to ask each storage for a sign of life, by its name.
  Map<String, Runnable> questions() {
    Map<String, Runnable> questions = new LinkedHashMap<>();
    databases.forEach(database ->
        questions.put(database.settings().name(), () -> database.opened().store().databaseTime()));
    return questions;
  }

  /// Of the first storage.
  Catalogue catalogue() {
    return databases.getFirst().opened().catalogue();
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
      databases.forEach(LateDatabase::close);
    } finally {
      EmbeddedPostgres running = embedded;
      if (running != null) {
        running.stop();
      }
    }
  }
}

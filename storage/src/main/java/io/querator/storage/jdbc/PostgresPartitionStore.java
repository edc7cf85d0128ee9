package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.storage.StorageException;
import io.querator.storage.sql.ConnectionPool;
import io.querator.storage.sql.SqlPartitionStore;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps partitions in a PostgreSQL database. Safe for use by many threads.
public final class PostgresPartitionStore extends SqlPartitionStore {
  private static final Logger log = LoggerFactory.getLogger(PostgresPartitionStore.class);

  private final PostgresSettings settings;
  private final Tables tables;
  private final ConnectionPool control;

  private PostgresPartitionStore(
      PostgresSettings settings, Tables tables, Connections connections) {
    super(
        new PostgresDialect(tables),
        new PostgresFenceTable(tables, connections.control()),
        connections,
        settings.commitTimeout());
    this.settings = settings;
    this.tables = tables;
    this.control = connections.control();
  }

  /// Connects, checks the server, and brings the schema up to date.
  ///
  /// @param meters that get the metrics of the connection pools, or null
  /// @throws StorageException.Unavailable if the database cannot be reached
  /// @throws StorageException.Corrupt if a person must change something; the message says what
  public static PostgresPartitionStore open(
      PostgresSettings settings, @Nullable MeterRegistry meters) {
    requireNonNull(settings, "settings");
    PostgresPartitionStore store =
        new PostgresPartitionStore(
            settings, new Tables(settings.schema()), connections(settings, meters));
    try {
      store.prepare();
      store.warmUp(settings.name());
      return store;
    } catch (RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private static Connections connections(
      PostgresSettings settings, @Nullable MeterRegistry meters) {
    int laneSilent = laneSilentSeconds(settings.commitTimeout());
    List<ConnectionPool> lanes = new ArrayList<>();
    for (int number = 0; number < settings.lanes(); number++) {
      lanes.add(pool(settings, "lane-" + number, LANE_CONNECTIONS, laneSilent, meters));
    }
    return new Connections(
        lanes,
        pool(settings, "control", CONTROL_CONNECTIONS, CONTROL_SILENT_SECONDS, meters),
        pool(settings, "count", COUNT_CONNECTIONS, COUNT_SILENT_SECONDS, meters));
  }

  private static ConnectionPool pool(
      PostgresSettings settings,
      String name,
      int size,
      int silentSeconds,
      @Nullable MeterRegistry meters) {
    return new ConnectionPool(
        settings.name() + "-" + name,
        size,
        new PostgresConnector(settings, silentSeconds),
        PostgresDialect.ERRORS,
        meters);
  }

  private void prepare() {
    try (Connection connection = control.connect()) {
      new ServerCheck(settings).check(connection);
      new PostgresSchema(settings.schema()).migrate(connection);
    } catch (SQLException e) {
      PostgresErrors errors = PostgresDialect.ERRORS;
      String what =
          "storage " + settings.name() + ": cannot use " + PostgresUrl.parse(settings.url());
      throw errors.isPermanent(e)
          ? new StorageException.Corrupt(errors.permanent(what, e), e)
          : errors.exception(what, e);
    }
    log.atInfo().addKeyValue("settings", settings).log("storage opened");
  }

  /// The catalogue in the same database. It is closed with this store.
  public PostgresCatalogue catalogue() {
    return new PostgresCatalogue(tables, control);
  }
}

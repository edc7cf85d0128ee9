package io.querator.storage.mysql;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.querator.storage.StorageException;
import io.querator.storage.sql.ConnectionPool;
import io.querator.storage.sql.SqlPartitionStore;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps partitions in a MySQL or MariaDB database. Safe for use by many threads.
public final class MysqlPartitionStore extends SqlPartitionStore {
  private static final Logger log = LoggerFactory.getLogger(MysqlPartitionStore.class);

  private final MysqlCatalogue catalogue;

  private MysqlPartitionStore(
      MysqlSettings settings,
      Tables tables,
      long packetBytes,
      Sessions sessions,
      Connections connections) {
    super(
        new MysqlDialect(tables, packetBytes),
        new MysqlFenceTable(tables, connections.control(), sessions),
        connections,
        settings.commitTimeout());
    this.catalogue = new MysqlCatalogue(tables, connections.control());
  }

  /// Connects, checks the server, and brings the schema up to date.
  ///
  /// @param meters that get the metrics of the connection pools, or null
  /// @throws StorageException.Unavailable if the database cannot be reached
  /// @throws StorageException.Corrupt if a person must change something; the message says what
  public static MysqlPartitionStore open(MysqlSettings settings, @Nullable MeterRegistry meters) {
    requireNonNull(settings, "settings");
    Tables tables = new Tables(settings.database());
    long packetBytes = prepare(settings, tables);
    Sessions sessions = Sessions.random(settings.lanes());
    Connections connections = connections(settings, sessions, meters);
    log.atInfo().addKeyValue("settings", settings).log("storage opened");
    MysqlPartitionStore store =
        new MysqlPartitionStore(settings, tables, packetBytes, sessions, connections);
    store.warmUp(settings.name());
    return store;
  }

  private static long prepare(MysqlSettings settings, Tables tables) {
    MysqlUrl url = MysqlUrl.parse(settings.url());
    String what = "storage %s: cannot use %s".formatted(settings.name(), url);
    url.certificate()
        .filter(file -> !Files.isReadable(file))
        .ifPresent(file -> {
          throw new StorageException.Corrupt(
              what + ": sslrootcert names " + file + ", which cannot be read", null);
        });
    MysqlConnector connector =
        new MysqlConnector(settings, CONTROL_SILENT_SECONDS, Session.CONTROL::apply);
    try (Connection connection = connector.connect()) {
      long packetBytes = new ServerCheck(settings.name()).check(connection);
      new MysqlSchema(tables).migrate(connection);
      return packetBytes;
    } catch (SQLException e) {
      MysqlErrors errors = MysqlDialect.ERRORS;
      throw errors.isPermanent(e)
          ? new StorageException.Corrupt(errors.permanent(what + connector.as(), e), e)
          : errors.exception(what, e);
    }
  }

  private static Connections connections(
      MysqlSettings settings, Sessions sessions, @Nullable MeterRegistry meters) {
    int laneSilent = laneSilentSeconds(settings.commitTimeout());
    Session session = Session.lane(laneSilent);
    List<ConnectionPool> lanes = new ArrayList<>();
    for (int number = 0; number < settings.lanes(); number++) {
      int lane = number;
      MysqlConnector connector =
          new MysqlConnector(
              settings,
              laneSilent,
              connection -> {
                session.apply(connection);
                // A DELETE from a joined table needs one, though all names are qualified.
                connection.setCatalog(settings.database());
                sessions.claim(connection, lane);
              });
      lanes.add(pool(settings, "lane-" + number, LANE_CONNECTIONS, connector, meters));
    }
    return new Connections(
        lanes,
        pool(
            settings,
            "control",
            CONTROL_CONNECTIONS,
            new MysqlConnector(settings, CONTROL_SILENT_SECONDS, Session.CONTROL::apply),
            meters),
        pool(
            settings,
            "count",
            COUNT_CONNECTIONS,
            new MysqlConnector(settings, COUNT_SILENT_SECONDS, Session.COUNT::apply),
            meters));
  }

  private static ConnectionPool pool(
      MysqlSettings settings,
      String name,
      int size,
      MysqlConnector connector,
      @Nullable MeterRegistry meters) {
    return new ConnectionPool(
        settings.name() + "-" + name, size, connector, MysqlDialect.ERRORS, meters);
  }

  /// The catalogue in the same database. It is closed with this store.
  public MysqlCatalogue catalogue() {
    return catalogue;
  }
}

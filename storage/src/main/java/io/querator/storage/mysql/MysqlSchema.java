package io.querator.storage.mysql;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the tables of a database up to date: numbered steps, forward only. A step either adds
/// what older versions may ignore, or raises the oldest version that may still run.
///
/// The server commits each change of a table by itself. So a step is made of statements that may be
/// done twice, and counts as done when its row is written after them.
final class MysqlSchema {
  /// A step from the version before.
  ///
  /// @param version that the schema has afterwards
  /// @param oldestReader the lowest version of a program that can work with it
  private record Step(int version, int oldestReader, List<String> statements) {}

  /// Of every table: texts are kept and compared as they are.
  static final String OPTIONS =
      " ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

  private static final Logger log = LoggerFactory.getLogger(MysqlSchema.class);

  private static final int LOCK_SECONDS = 60;
  private static final int LOCK_NAME_MAX = 64;

  private final Tables tables;

  MysqlSchema(Tables tables) {
    this.tables = tables;
  }

  private List<Step> steps(boolean mariadb) {
    return List.of(
        new Step(1, 1, List.of(fence(), lease(), key(), due(), lowWater(), queue(mariadb))));
  }

  private String fence() {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      partition_key BIGINT NOT NULL PRIMARY KEY,
      name CHAR(13) NOT NULL,
      epoch BIGINT NOT NULL DEFAULT 0,
      previous_epoch BIGINT NOT NULL DEFAULT 0,
      owner VARCHAR(255),
      incarnation BINARY(16),
      generation BIGINT,
      version BIGINT,
      session VARCHAR(64) COMMENT 'the store whose sessions write',
      raised_by BINARY(16) COMMENT 'random, of the statement that raised the epoch',
      format INT NOT NULL,
      created_at BIGINT NOT NULL,
      opened_at BIGINT,
      dropped_at BIGINT
    )%s COMMENT 'One row a partition: items are in the table q_<name>, and are written under this epoch only'
    """
        .formatted(tables.fence(), OPTIONS);
  }

  private String lease() {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      partition_key BIGINT NOT NULL,
      id BIGINT NOT NULL,
      client MEDIUMTEXT NOT NULL,
      deadline BIGINT NOT NULL,
      first_position BIGINT NOT NULL,
      last_position BIGINT NOT NULL,
      items INT NOT NULL,
      held LONGBLOB NOT NULL,
      extra LONGBLOB,
      PRIMARY KEY (partition_key, id)
    )%s COMMENT 'One row a lease call; held has each position and its attempts in a compact form'
    """
        .formatted(tables.lease(), OPTIONS);
  }

  private String key() {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      partition_key BIGINT NOT NULL,
      minute INT NOT NULL,
      hash BINARY(16) NOT NULL,
      request BINARY(16) NOT NULL,
      first BIGINT NOT NULL,
      count INT NOT NULL,
      PRIMARY KEY (partition_key, minute, hash)
    )%s COMMENT 'Idempotency keys and source ids, by hash, and the minute since 1970 when each was seen'
    """
        .formatted(tables.key(), OPTIONS);
  }

  /// Neither server has an index over a part of a table's rows, and one over all would cost each
  /// item.
  private String due() {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      partition_key BIGINT NOT NULL,
      due_at BIGINT NOT NULL,
      position BIGINT NOT NULL,
      PRIMARY KEY (partition_key, due_at, position)
    )%s COMMENT 'The items that are not ready, in the order in which they are due'
    """
        .formatted(tables.due(), OPTIONS);
  }

  private String lowWater() {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      partition_key BIGINT NOT NULL,
      ready BIGINT NOT NULL,
      not_ready BIGINT NOT NULL,
      noted_at BIGINT NOT NULL,
      PRIMARY KEY (partition_key, ready, not_ready)
    )%s COMMENT 'Appended marks: no live item lies below the highest one of its partition'
    """
        .formatted(tables.lowWater(), OPTIONS);
  }

  /// Names differ by each byte, and be it a space at the end.
  private String queue(boolean mariadb) {
    return """
    CREATE TABLE IF NOT EXISTS %s (
      name VARCHAR(768) COLLATE %s NOT NULL PRIMARY KEY,
      version BIGINT NOT NULL,
      namespace MEDIUMTEXT NOT NULL,
      created_at BIGINT NOT NULL,
      updated_at BIGINT NOT NULL,
      dead_queue MEDIUMTEXT NOT NULL,
      reference MEDIUMTEXT NOT NULL,
      lease_timeout_micros BIGINT NOT NULL,
      expire_timeout_micros BIGINT NOT NULL,
      max_attempts INT NOT NULL,
      requested_partitions INT NOT NULL,
      partitions JSON NOT NULL COMMENT 'index, key, name, storage and state of each',
      previous_partitions INT NOT NULL,
      repartitioned_at BIGINT NOT NULL,
      extra LONGBLOB
    )%s
    """
        .formatted(tables.queue(), mariadb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin", OPTIONS);
  }

  /// Creates or updates the tables. Safe when many do it at once.
  void migrate(Connection connection) throws SQLException {
    List<Step> steps = steps(Session.isMariadb(connection));
    int current = steps.getLast().version();
    if (version(connection, current) == current) {
      return;
    }
    String lock = lockName();
    call(connection, "SELECT GET_LOCK(?, " + LOCK_SECONDS + ")", lock, "no lock for the schema");
    try {
      createVersions(connection);
      migrateFrom(connection, steps, version(connection, current));
    } finally {
      call(connection, "SELECT RELEASE_LOCK(?)", lock, "the lock for the schema was lost");
    }
  }

  private String lockName() {
    String name = "querator schema " + tables.database();
    return name.substring(0, Math.min(name.length(), LOCK_NAME_MAX));
  }

  private static void call(Connection connection, String sql, String lock, String otherwise)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, lock);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || row.getInt(1) != 1) {
          throw new StorageException.Unavailable(otherwise, null);
        }
      }
    }
  }

  /// A database that holds the tables of somebody else may have some of the same names.
  private void createVersions(Connection connection) throws SQLException {
    if (!exists(connection, "schemata", null)) {
      execute(
          connection,
          "CREATE DATABASE IF NOT EXISTS `%s` DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
              .formatted(tables.database()));
    }
    if (!exists(connection, "tables", "schema_version")) {
      for (String ours : new String[] {"fence", "lease", "key", "due", "low_water", "queue"}) {
        if (exists(connection, "tables", ours)) {
          throw new StorageException.Corrupt(
              "database %s has a table '%s' that is not Querator's; let the url name a database of its own"
                  .formatted(tables.database(), ours),
              null);
        }
      }
    }
    execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %s (
          version INT NOT NULL PRIMARY KEY,
          oldest_reader INT NOT NULL,
          applied_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)
        )%s
        """
            .formatted(tables.schemaVersion(), OPTIONS));
  }

  private void migrateFrom(Connection connection, List<Step> steps, int version)
      throws SQLException {
    for (Step step : steps) {
      if (step.version() > version) {
        for (String statement : step.statements()) {
          execute(connection, statement);
        }
        execute(
            connection,
            "INSERT INTO %s (version, oldest_reader) VALUES (%d, %d)"
                .formatted(tables.schemaVersion(), step.version(), step.oldestReader()));
        log.atInfo()
            .addKeyValue("database", tables.database())
            .addKeyValue("version", step.version())
            .log("schema updated");
      }
    }
  }

  /// The version of the schema, 0 if there is none. A newer one counts as ours if it lets us read.
  private int version(Connection connection, int current) throws SQLException {
    if (!exists(connection, "tables", "schema_version")) {
      return 0;
    }
    String sql = "SELECT version, oldest_reader FROM %s ORDER BY version DESC LIMIT 1";
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql.formatted(tables.schemaVersion()))) {
      if (!row.next()) {
        return 0;
      }
      if (row.getInt(2) > current) {
        throw new StorageException.Corrupt(
            "database %s has version %d, which needs at least version %d of this program; it has %d"
                .formatted(tables.database(), row.getInt(1), row.getInt(2), current),
            null);
      }
      return Math.min(row.getInt(1), current);
    }
  }

  /// @param what a table of the information schema
  /// @param table of our database, or null for the database itself
  private boolean exists(Connection connection, String what, @Nullable String table)
      throws SQLException {
    String sql =
        table == null
            ? "SELECT COUNT(*) FROM information_schema." + what + " WHERE schema_name = ?"
            : "SELECT COUNT(*) FROM information_schema."
                + what
                + " WHERE table_schema = ? AND table_name = ?";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, tables.database());
      if (table != null) {
        statement.setString(2, table);
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getInt(1) > 0;
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}

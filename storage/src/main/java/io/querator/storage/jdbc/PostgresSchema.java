package io.querator.storage.jdbc;

import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings the tables of a schema up to date: numbered steps, forward only. A step either adds what
/// older versions may ignore, or raises the oldest version that may still run.
final class PostgresSchema {
  /// A step from the version before.
  ///
  /// @param version that the schema has afterwards
  /// @param oldestReader the lowest version of a program that can work with it
  /// @param sql with `${s}` in the place of the schema's name
  private record Step(int version, int oldestReader, String sql) {}

  private static final Logger log = LoggerFactory.getLogger(PostgresSchema.class);

  private static final List<Step> STEPS =
      List.of(
          new Step(
              1,
              1,
              """
              CREATE TABLE ${s}.fence (
                partition bigint PRIMARY KEY,
                name text NOT NULL,
                epoch bigint NOT NULL DEFAULT 0,
                previous_epoch bigint NOT NULL DEFAULT 0,
                owner text,
                incarnation uuid,
                generation bigint,
                version bigint,
                format integer NOT NULL,
                created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
                opened_at timestamptz,
                dropped_at timestamptz
              ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02);
              COMMENT ON TABLE ${s}.fence IS
                'One row a partition: items are in the table q_<name>, and are written under this epoch only';

              CREATE TABLE ${s}.lease (
                partition bigint NOT NULL,
                id bigint NOT NULL,
                client text NOT NULL,
                deadline timestamptz NOT NULL,
                first_position bigint NOT NULL,
                last_position bigint NOT NULL,
                items integer NOT NULL,
                held bytea NOT NULL,
                extra bytea,
                PRIMARY KEY (partition, id)
              ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
              COMMENT ON TABLE ${s}.lease IS
                'One row a lease call; held has each position and its attempts in a compact form';

              CREATE TABLE ${s}.key (
                partition bigint NOT NULL,
                minute integer NOT NULL,
                hash uuid NOT NULL,
                request uuid NOT NULL,
                first bigint NOT NULL,
                count integer NOT NULL,
                PRIMARY KEY (partition, minute, hash)
              ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
              COMMENT ON TABLE ${s}.key IS
                'Idempotency keys and source ids, by hash, and the minute since 1970 when each was seen';

              CREATE TABLE ${s}.low_water (
                partition bigint NOT NULL,
                ready bigint NOT NULL,
                not_ready bigint NOT NULL,
                noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
              ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
              CREATE INDEX low_water_partition ON ${s}.low_water (partition, ready, not_ready);
              COMMENT ON TABLE ${s}.low_water IS
                'Appended marks: no live item lies below the highest one of its partition';

              CREATE TABLE ${s}.queue (
                name text COLLATE "C" PRIMARY KEY,
                version bigint NOT NULL,
                namespace text NOT NULL,
                created_at timestamptz NOT NULL,
                updated_at timestamptz NOT NULL,
                dead_queue text NOT NULL,
                reference text NOT NULL,
                lease_timeout_micros bigint NOT NULL,
                expire_timeout_micros bigint NOT NULL,
                max_attempts integer NOT NULL,
                requested_partitions integer NOT NULL,
                partition_indexes integer[] NOT NULL,
                partition_keys bigint[] NOT NULL,
                partition_names text[] NOT NULL,
                partition_storages text[] NOT NULL,
                partition_states text[] NOT NULL,
                previous_partitions integer NOT NULL,
                repartitioned_at timestamptz NOT NULL,
                extra bytea
              );
              CREATE VIEW ${s}.queue_partition AS
                SELECT q.name AS queue, p.*
                FROM ${s}.queue q, unnest(q.partition_indexes, q.partition_names, q.partition_storages,
                    q.partition_states) AS p (index, name, storage, state);
              COMMENT ON VIEW ${s}.queue_partition IS
                'Which table holds which partition of a queue: items are in the table q_<name>';
              """),
          new Step(
              2,
              1,
              """
              ALTER TABLE ${s}.queue
                ADD COLUMN partition_locations bigint[],
                ADD COLUMN partition_moves_to text[],
                ADD COLUMN partition_copies bigint[];
              CREATE OR REPLACE VIEW ${s}.queue_partition AS
                SELECT q.name AS queue, p.*
                FROM ${s}.queue q, unnest(q.partition_indexes, q.partition_names, q.partition_storages,
                    q.partition_states, q.partition_moves_to) AS p (index, name, storage, state, moves_to);
              """));

  private static final int CURRENT = STEPS.getLast().version();

  private final String schema;

  PostgresSchema(String schema) {
    this.schema = schema;
  }

  /// Creates or updates the tables. Safe when many do it at once: the lock ends with its
  /// transaction, so that it works through a pooler.
  void migrate(Connection connection) throws SQLException {
    if (version(connection) == CURRENT) {
      return;
    }
    connection.setAutoCommit(false);
    try {
      lock(connection);
      createVersions(connection);
      migrateFrom(connection, version(connection));
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private void lock(Connection connection) throws SQLException {
    String sql = "SELECT pg_advisory_xact_lock(hashtextextended('querator schema ' || ?, 0))";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, schema);
      statement.execute();
    }
  }

  private void createVersions(Connection connection) throws SQLException {
    // Even IF NOT EXISTS asks for the right to create it.
    if (!exists(connection, "to_regnamespace", schema)) {
      execute(connection, "CREATE SCHEMA ${s}");
    }
    execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS ${s}.schema_version (
          version integer PRIMARY KEY,
          oldest_reader integer NOT NULL,
          applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
        )
        """);
  }

  private void migrateFrom(Connection connection, int version) throws SQLException {
    for (Step step : STEPS) {
      if (step.version() > version) {
        execute(connection, step.sql());
        execute(
            connection,
            "INSERT INTO ${s}.schema_version (version, oldest_reader) VALUES (%d, %d)"
                .formatted(step.version(), step.oldestReader()));
        log.atInfo()
            .addKeyValue("schema", schema)
            .addKeyValue("version", step.version())
            .log("schema updated");
      }
    }
  }

  /// The version of the schema, 0 if there is none. A newer one counts as ours if it lets us read.
  private int version(Connection connection) throws SQLException {
    if (!exists(connection, "to_regclass", schema + ".schema_version")) {
      return 0;
    }
    String sql =
        "SELECT version, oldest_reader FROM %s.schema_version ORDER BY version DESC LIMIT 1";
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql.formatted(schema))) {
      if (!row.next()) {
        return 0;
      }
      if (row.getInt(2) > CURRENT) {
        throw new StorageException.Corrupt(
            "schema %s has version %d, which needs at least version %d of this program; it has %d"
                .formatted(schema, row.getInt(1), row.getInt(2), CURRENT),
            null);
      }
      return Math.min(row.getInt(1), CURRENT);
    }
  }

  private static boolean exists(Connection connection, String function, String name)
      throws SQLException {
    String sql = "SELECT %s(?) IS NOT NULL".formatted(function);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  private void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql.replace("${s}", schema));
    }
  }
}

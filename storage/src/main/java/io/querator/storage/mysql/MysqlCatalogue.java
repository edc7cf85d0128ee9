package io.querator.storage.mysql;

import io.querator.storage.Catalogue;
import io.querator.storage.Location;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.Relocation;
import io.querator.storage.sql.ConnectionPool;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Keeps queue definitions in a table, a row a queue, with its partitions as JSON. Safe for use by
/// many threads.
public final class MysqlCatalogue implements Catalogue {
  private static final int DUPLICATE = 1062;

  private final Tables tables;
  private final ConnectionPool pool;

  MysqlCatalogue(Tables tables, ConnectionPool pool) {
    this.tables = tables;
    this.pool = pool;
  }

  @Override
  public List<QueueRecord> queues() {
    SqlText sql = select().add(" ORDER BY q.name, p.place");
    return pool.repeatable("read queues", connection -> rows(connection, sql));
  }

  @Override
  public Optional<QueueRecord> queue(String name) {
    SqlText sql = select().add(" WHERE q.name = ").text(name).add(" ORDER BY p.place");
    return pool.repeatable(
        "read a queue", connection -> rows(connection, sql).stream().findFirst());
  }

  /// A row for each partition, or one where there is none. Texts in JSON have the database's
  /// character set if none is named, MariaDB's default is `latin1`.
  private SqlText select() {
    return new SqlText()
        .add(
            """
            SELECT q.name, q.version, q.namespace, q.created_at, q.updated_at, q.dead_queue, q.reference,
              q.lease_timeout_micros, q.expire_timeout_micros, q.max_attempts, q.requested_partitions,
              q.previous_partitions, q.repartitioned_at, p.number, p.bits, p.storage, p.state,
              p.location, p.move_to, p.copy
            FROM \
            """)
        .add(tables.queue())
        .add(
            """
             q LEFT JOIN JSON_TABLE(q.partitions, '$[*]' COLUMNS (place FOR ORDINALITY, number INT PATH '$[0]',
              bits BIGINT PATH '$[1]', storage LONGTEXT CHARACTER SET utf8mb4 PATH '$[3]', state VARCHAR(20) PATH '$[4]',
              location BIGINT PATH '$[5]', move_to LONGTEXT CHARACTER SET utf8mb4 PATH '$[6]', copy BIGINT PATH '$[7]')) p ON 1 = 1
            """);
  }

  private static List<QueueRecord> rows(Connection connection, SqlText sql) throws SQLException {
    List<QueueRecord> queues = new ArrayList<>();
    List<PartitionRecord> partitions = new ArrayList<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      boolean more = row.next();
      while (more) {
        QueueRecord queue = queue(row);
        partitions.clear();
        do {
          String state = row.getString(17);
          if (state != null) {
            partitions.add(partition(row, state));
          }
          more = row.next();
        } while (more && row.getString(1).equals(queue.name()));
        queues.add(with(queue, partitions));
      }
    }
    return queues;
  }

  private static QueueRecord queue(ResultSet row) throws SQLException {
    return new QueueRecord(
        row.getString(1),
        row.getLong(2),
        row.getString(3),
        Micros.instant(row.getLong(4)),
        Micros.instant(row.getLong(5)),
        row.getString(6),
        row.getString(7),
        Micros.duration(row.getLong(8)),
        Micros.duration(row.getLong(9)),
        row.getInt(10),
        row.getInt(11),
        List.of(),
        row.getInt(12),
        Micros.instant(row.getLong(13)));
  }

  private static PartitionRecord partition(ResultSet row, String state) throws SQLException {
    PartitionKey key = new PartitionKey(row.getLong(15));
    // missing in rows that were written before partitions could move
    PartitionKey location = key(row, 18);
    String moveTo = row.getString(19);
    return new PartitionRecord(
        row.getInt(14),
        key,
        new Location(row.getString(16), location == null ? key : location),
        moveTo == null ? null : new Relocation(moveTo, key(row, 20)),
        PartitionRecord.State.valueOf(state));
  }

  private static @Nullable PartitionKey key(ResultSet row, int column) throws SQLException {
    long bits = row.getLong(column);
    return row.wasNull() ? null : new PartitionKey(bits);
  }

  private static QueueRecord with(QueueRecord queue, List<PartitionRecord> partitions) {
    return new QueueRecord(
        queue.name(),
        queue.version(),
        queue.namespace(),
        queue.createdAt(),
        queue.updatedAt(),
        queue.deadQueue(),
        queue.reference(),
        queue.leaseTimeout(),
        queue.expireTimeout(),
        queue.maxAttempts(),
        queue.requestedPartitions(),
        partitions,
        queue.previousPartitions(),
        queue.repartitionedAt());
  }

  @Override
  public Map<String, Long> versions() {
    SqlText sql = new SqlText().add("SELECT name, version FROM ").add(tables.queue());
    return pool.repeatable(
        "read the versions of queues",
        connection -> {
          try (PreparedStatement statement = sql.prepare(connection);
              ResultSet rows = statement.executeQuery()) {
            Map<String, Long> versions = new HashMap<>();
            while (rows.next()) {
              versions.put(rows.getString(1), rows.getLong(2));
            }
            return versions;
          }
        });
  }

  @Override
  public boolean create(QueueRecord queue) {
    SqlText sql = new SqlText().add("INSERT INTO ").add(tables.queue()).add(" SET ");
    assign(sql, queue);
    return pool.once(
        "create a queue",
        connection -> {
          try {
            return changed(connection, sql);
          } catch (SQLException e) {
            if (e.getErrorCode() == DUPLICATE) {
              return false;
            }
            throw e;
          }
        });
  }

  @Override
  public boolean replace(QueueRecord queue) {
    SqlText sql = new SqlText().add("UPDATE ").add(tables.queue()).add(" SET ");
    assign(sql, queue).add(" WHERE name = ").text(queue.name());
    sql.add(" AND version = ").add(queue.version() - 1);
    return pool.once("replace a queue", connection -> changed(connection, sql));
  }

  @Override
  public boolean delete(String name, long version) {
    SqlText sql = new SqlText().add("DELETE FROM ").add(tables.queue());
    sql.add(" WHERE name = ").text(name).add(" AND version = ").add(version);
    return pool.once("delete a queue", connection -> changed(connection, sql));
  }

  private static boolean changed(Connection connection, SqlText sql) throws SQLException {
    try (PreparedStatement statement = sql.prepare(connection)) {
      return statement.executeUpdate() == 1;
    }
  }

  private static SqlText assign(SqlText sql, QueueRecord queue) {
    sql.add("version = ").add(queue.version()).add(", name = ").text(queue.name());
    sql.add(", namespace = ").text(queue.namespace());
    sql.add(", created_at = ").add(Micros.of(queue.createdAt()));
    sql.add(", updated_at = ").add(Micros.of(queue.updatedAt()));
    sql.add(", dead_queue = ").text(queue.deadQueue());
    sql.add(", reference = ").text(queue.reference());
    sql.add(", lease_timeout_micros = ").add(Micros.of(queue.leaseTimeout()));
    sql.add(", expire_timeout_micros = ").add(Micros.of(queue.expireTimeout()));
    sql.add(", max_attempts = ").add(queue.maxAttempts());
    sql.add(", requested_partitions = ").add(queue.requestedPartitions());
    sql.add(", partitions = ").text(json(queue.partitions()));
    sql.add(", previous_partitions = ").add(queue.previousPartitions());
    return sql.add(", repartitioned_at = ").add(Micros.of(queue.repartitionedAt()));
  }

  private static String json(List<PartitionRecord> partitions) {
    JsonText json = new JsonText().begin();
    for (PartitionRecord partition : partitions) {
      json.begin().add(partition.index()).add(partition.key().bits());
      json.add(partition.location().key().toString()).add(partition.storage());
      json.add(partition.state().name()).add(partition.location().key().bits());
      Relocation relocation = partition.relocation();
      if (relocation != null) {
        json.add(relocation.storage());
        if (relocation.copy() != null) {
          json.add(relocation.copy().bits());
        }
      }
      json.end();
    }
    return json.end().toString();
  }
}

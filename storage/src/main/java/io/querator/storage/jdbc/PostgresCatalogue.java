package io.querator.storage.jdbc;

import io.querator.storage.Catalogue;
import io.querator.storage.Location;
import io.querator.storage.Micros;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;
import io.querator.storage.Relocation;
import io.querator.storage.sql.ConnectionPool;
import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Keeps queue definitions in a table, a row a queue. Safe for use by many threads.
public final class PostgresCatalogue implements Catalogue {
  private static final String COLUMNS =
      """
      name, version, namespace, created_at, updated_at, dead_queue, reference, lease_timeout_micros,
        expire_timeout_micros, max_attempts, requested_partitions, partition_indexes, partition_keys, partition_names,
        partition_storages, partition_states, partition_locations, partition_moves_to, partition_copies,
        previous_partitions, repartitioned_at\
      """;

  private static final String SELECTED =
      """
      name, version, namespace, timestamptz_send(created_at), timestamptz_send(updated_at), dead_queue, reference,
        lease_timeout_micros, expire_timeout_micros, max_attempts, requested_partitions, partition_indexes,
        partition_keys, partition_storages, partition_states, partition_locations, partition_moves_to,
        partition_copies, previous_partitions, timestamptz_send(repartitioned_at)\
      """;

  private final Tables tables;
  private final ConnectionPool pool;

  PostgresCatalogue(Tables tables, ConnectionPool pool) {
    this.tables = tables;
    this.pool = pool;
  }

  @Override
  public List<QueueRecord> queues() {
    String sql = "SELECT %s FROM %s ORDER BY name".formatted(SELECTED, tables.queue());
    return pool.repeatable(
        "read queues",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            return rows(statement);
          }
        });
  }

  @Override
  public Optional<QueueRecord> queue(String name) {
    String sql = "SELECT %s FROM %s WHERE name = ?".formatted(SELECTED, tables.queue());
    return pool.repeatable(
        "read a queue",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, name);
            return rows(statement).stream().findFirst();
          }
        });
  }

  @Override
  public Map<String, Long> versions() {
    String sql = "SELECT name, version FROM %s".formatted(tables.queue());
    return pool.repeatable(
        "read the versions of queues",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql);
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
    String sql =
        "INSERT INTO %s (%s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
            .formatted(tables.queue(), COLUMNS);
    return pool.once(
        "create a queue",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(new Parameters(statement), queue);
            return statement.executeUpdate() == 1;
          }
        });
  }

  @Override
  public boolean replace(QueueRecord queue) {
    String sql =
        """
        UPDATE %s SET (%s) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        WHERE name = ? AND version = ?
        """
            .formatted(tables.queue(), COLUMNS);
    return pool.once(
        "replace a queue",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            Parameters parameters = new Parameters(statement);
            bind(parameters, queue);
            parameters.add(queue.name()).add(queue.version() - 1);
            return statement.executeUpdate() == 1;
          }
        });
  }

  @Override
  public boolean delete(String name, long version) {
    String sql = "DELETE FROM %s WHERE name = ? AND version = ?".formatted(tables.queue());
    return pool.once(
        "delete a queue",
        connection -> {
          try (PreparedStatement statement = connection.prepareStatement(sql)) {
            new Parameters(statement).add(name).add(version);
            return statement.executeUpdate() == 1;
          }
        });
  }

  private static void bind(Parameters parameters, QueueRecord queue) throws SQLException {
    List<PartitionRecord> partitions = queue.partitions();
    var indexes = new ArrayParameter(ArrayParameter.Element.INT4, partitions.size());
    var keys = new ArrayParameter(ArrayParameter.Element.INT8, partitions.size());
    var names = new ArrayParameter(ArrayParameter.Element.TEXT, partitions.size());
    var storages = new ArrayParameter(ArrayParameter.Element.TEXT, partitions.size());
    var states = new ArrayParameter(ArrayParameter.Element.TEXT, partitions.size());
    var locations = new ArrayParameter(ArrayParameter.Element.INT8, partitions.size());
    var movesTo = new ArrayParameter(ArrayParameter.Element.TEXT, partitions.size());
    var copies = new ArrayParameter(ArrayParameter.Element.INT8, partitions.size());
    for (PartitionRecord partition : partitions) {
      indexes.add(partition.index());
      keys.add(partition.key().bits());
      names.add(partition.location().key().toString());
      storages.add(partition.storage());
      states.add(partition.state().name());
      locations.add(partition.location().key().bits());
      Relocation relocation = partition.relocation();
      if (relocation == null) {
        movesTo.addNull();
      } else {
        movesTo.add(relocation.storage());
      }
      if (relocation == null || relocation.copy() == null) {
        copies.addNull();
      } else {
        copies.add(relocation.copy().bits());
      }
    }
    parameters
        .add(queue.name())
        .add(queue.version())
        .add(queue.namespace())
        .addTime(Micros.of(queue.createdAt()))
        .addTime(Micros.of(queue.updatedAt()))
        .add(queue.deadQueue())
        .add(queue.reference())
        .add(Micros.of(queue.leaseTimeout()))
        .add(Micros.of(queue.expireTimeout()))
        .add(queue.maxAttempts())
        .add(queue.requestedPartitions())
        .add(indexes)
        .add(keys)
        .add(names)
        .add(storages)
        .add(states)
        .add(locations)
        .add(movesTo)
        .add(copies)
        .add(queue.previousPartitions())
        .addTime(Micros.of(queue.repartitionedAt()));
  }

  private static List<QueueRecord> rows(PreparedStatement statement) throws SQLException {
    List<QueueRecord> queues = new ArrayList<>();
    try (ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        queues.add(queue(row));
      }
    }
    return queues;
  }

  private static QueueRecord queue(ResultSet row) throws SQLException {
    return new QueueRecord(
        row.getString(1),
        row.getLong(2),
        row.getString(3),
        Times.instant(row, 4),
        Times.instant(row, 5),
        row.getString(6),
        row.getString(7),
        Micros.duration(row.getLong(8)),
        Micros.duration(row.getLong(9)),
        row.getInt(10),
        row.getInt(11),
        partitions(row),
        row.getInt(19),
        Times.instant(row, 20));
  }

  private static List<PartitionRecord> partitions(ResultSet row) throws SQLException {
    Object[] indexes = array(row, 12);
    Object[] keys = array(row, 13);
    Object[] storages = array(row, 14);
    Object[] states = array(row, 15);
    // null in rows that were written before partitions could move
    Object[] locations = array(row, 16);
    Object[] movesTo = array(row, 17);
    Object[] copies = array(row, 18);
    List<PartitionRecord> partitions = new ArrayList<>(indexes.length);
    for (int i = 0; i < indexes.length; i++) {
      Object location = i < locations.length ? locations[i] : keys[i];
      Object moveTo = i < movesTo.length ? movesTo[i] : null;
      Object copy = i < copies.length ? copies[i] : null;
      partitions.add(
          new PartitionRecord(
              (Integer) indexes[i],
              new PartitionKey((Long) keys[i]),
              new Location((String) storages[i], new PartitionKey((Long) location)),
              moveTo == null
                  ? null
                  : new Relocation(
                      (String) moveTo, copy == null ? null : new PartitionKey((Long) copy)),
              PartitionRecord.State.valueOf((String) states[i])));
    }
    return partitions;
  }

  private static Object[] array(ResultSet row, int column) throws SQLException {
    Array array = row.getArray(column);
    return array == null ? new Object[0] : (Object[]) array.getArray();
  }
}

package io.querator.storage.jdbc;

import static java.util.Objects.requireNonNull;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Raises epochs. Once that is committed, no statement under an older epoch can take effect any
/// more, however late it arrives; one that is running is waited for, since it holds its fence row.
final class TakeOver {
  private record Raised(long epoch, long previous) {}

  private record Mark(Instant databaseTime, LowWater lowWater) {}

  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

  /// Partitions taken over in one statement.
  private static final int CHUNK = 1_000;

  private static final String NEWER_CLAIM =
      "(f.generation IS NULL OR (f.generation, f.version) < (?, ?))";
  private static final String OWN_OR_NEWER_CLAIM =
      "((f.generation, f.version, f.incarnation) = (?, ?, ?) OR " + NEWER_CLAIM + ")";

  private final Tables tables;
  private final ConnectionPool pool;
  private final FenceLock lock;

  TakeOver(Tables tables, ConnectionPool pool) {
    this.tables = tables;
    this.pool = pool;
    this.lock = new FenceLock(pool);
  }

  List<OpenResult> open(Map<PartitionKey, Epoch> highestSeen, Claim claim) {
    List<OpenResult> results = new ArrayList<>(highestSeen.size());
    Map<PartitionKey, Epoch> chunk = new LinkedHashMap<>();
    highestSeen.forEach((key, seen) -> {
      chunk.put(key, seen);
      if (chunk.size() == CHUNK) {
        results.addAll(openChunk(chunk, claim));
        chunk.clear();
      }
    });
    if (!chunk.isEmpty()) {
      results.addAll(openChunk(chunk, claim));
    }
    return results;
  }

  private List<OpenResult> openChunk(Map<PartitionKey, Epoch> seen, Claim claim) {
    // Done twice, a claim would find itself in its own way.
    Map<Long, Raised> raised =
        lock.once("take over partitions", (c, session) -> raise(c, session, seen, claim, false));
    return results(seen, claim, raised);
  }

  OpenResult reopen(Opened last) {
    Map<PartitionKey, Epoch> seen = Map.of(last.key(), last.epoch());
    Map<Long, Raised> raised =
        lock.repeatable(
            "raise an epoch", (c, session) -> raise(c, session, seen, last.claim(), true));
    return results(seen, last.claim(), raised).getFirst();
  }

  private List<OpenResult> results(
      Map<PartitionKey, Epoch> seen, Claim claim, Map<Long, Raised> raised) {
    Map<Long, Mark> marks = pool.repeatable("read marks", c -> marks(c, raised.keySet()));
    Map<Long, Integer> formats =
        raised.size() == seen.size()
            ? Map.of()
            : pool.repeatable("read formats", c -> formats(c, seen.keySet()));
    List<OpenResult> results = new ArrayList<>(seen.size());
    seen.forEach((key, epoch) -> {
      Raised epochs = raised.get(key.bits());
      results.add(
          epochs == null
              ? refused(key, formats.get(key.bits()))
              : opened(key, claim, epochs, epoch, requireNonNull(marks.get(key.bits()))));
    });
    return results;
  }

  private static OpenResult refused(PartitionKey key, @Nullable Integer format) {
    if (format == null) {
      return new OpenResult.Missing(key);
    }
    if (format > PostgresSchema.FORMAT) {
      throw new StorageException.Corrupt(
          "partition %s has format %d, this version knows up to %d"
              .formatted(key, format, PostgresSchema.FORMAT),
          null);
    }
    return new OpenResult.Stale(key);
  }

  private static Opened opened(
      PartitionKey key, Claim claim, Raised epochs, Epoch seen, Mark mark) {
    boolean historyLost = epochs.previous() < seen.value();
    if (historyLost) {
      log.atError()
          .addKeyValue("partition", key)
          .addKeyValue("stored", epochs.previous())
          .addKeyValue("seen", seen)
          .log("storage_history_lost");
    }
    return new Opened(
        key, claim, new Epoch(epochs.epoch()), mark.databaseTime(), mark.lowWater(), historyLost);
  }

  private Map<Long, Raised> raise(
      Connection connection,
      String session,
      Map<PartitionKey, Epoch> seen,
      Claim claim,
      boolean own)
      throws SQLException {
    String sql =
        """
        WITH %s
        UPDATE %s f SET epoch = greatest(f.epoch, u.seen) + 1, previous_epoch = f.epoch,
          owner = ?, incarnation = ?, generation = ?, version = ?, opened_at = clock_timestamp()
        FROM patience, unnest(?, ?) AS u (partition, seen)
        WHERE f.partition = ANY(?) AND f.partition = u.partition
          AND f.format <= ? AND f.dropped_at IS NULL AND %s
        RETURNING f.partition, f.epoch, f.previous_epoch
        """
            .formatted(FenceLock.PATIENCE, tables.fence(), own ? OWN_OR_NEWER_CLAIM : NEWER_CLAIM);
    var partitions = new ArrayParameter(ArrayParameter.Element.INT8, seen.size());
    var epochs = new ArrayParameter(ArrayParameter.Element.INT8, seen.size());
    seen.forEach((key, epoch) -> {
      partitions.add(key.bits());
      epochs.add(epoch.value());
    });
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Parameters parameters = new Parameters(statement);
      parameters
          .add(session)
          .add(claim.owner())
          .add(claim.incarnation())
          .add(claim.generation())
          .add(claim.version())
          .add(partitions)
          .add(epochs)
          .add(partitions)
          .add(PostgresSchema.FORMAT);
      if (own) {
        parameters.add(claim.generation()).add(claim.version()).add(claim.incarnation());
      }
      parameters.add(claim.generation()).add(claim.version());
      Map<Long, Raised> raised = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          raised.put(row.getLong(1), new Raised(row.getLong(2), row.getLong(3)));
        }
      }
      return raised;
    }
  }

  /// The clock and the highest mark of each partition, from the end of the index where no dead rows
  /// lie.
  private Map<Long, Mark> marks(Connection connection, Collection<Long> partitions)
      throws SQLException {
    String sql =
        """
        SELECT p.partition, timestamptz_send(clock_timestamp()), w.ready, w.not_ready
        FROM unnest(?) AS p (partition) LEFT JOIN LATERAL (
          SELECT ready, not_ready FROM %s w WHERE w.partition = p.partition
          ORDER BY w.partition DESC, w.ready DESC, w.not_ready DESC LIMIT 1) w ON true
        """
            .formatted(tables.lowWater());
    long[] keys = partitions.stream().mapToLong(Long::longValue).toArray();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, ArrayParameter.int8(keys));
      Map<Long, Mark> marks = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          marks.put(row.getLong(1), new Mark(Times.instant(row, 2), lowWater(row)));
        }
      }
      return marks;
    }
  }

  private static LowWater lowWater(ResultSet row) throws SQLException {
    long ready = row.getLong(3);
    return row.wasNull() ? LowWater.NONE : new LowWater(ready, row.getLong(4));
  }

  private Map<Long, Integer> formats(Connection connection, Collection<PartitionKey> keys)
      throws SQLException {
    String sql =
        "SELECT partition, format FROM %s WHERE partition = ANY(?) AND dropped_at IS NULL"
            .formatted(tables.fence());
    long[] bits = keys.stream().mapToLong(PartitionKey::bits).toArray();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setObject(1, ArrayParameter.int8(bits));
      Map<Long, Integer> formats = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          formats.put(row.getLong(1), row.getInt(2));
        }
      }
      return formats;
    }
  }

  /// Takes a partition from its holder for good: whatever is sent later has no effect. Its row
  /// stays until the rest is gone.
  void condemn(PartitionKey key) {
    lock.repeatable(
        "take a partition away", (connection, session) -> condemn(connection, session, key));
  }

  private int condemn(Connection connection, String session, PartitionKey key) throws SQLException {
    String sql =
        """
        WITH %s
        UPDATE %s f SET epoch = f.epoch + 1, dropped_at = coalesce(f.dropped_at, clock_timestamp())
        FROM patience WHERE f.partition = ?
        """
            .formatted(FenceLock.PATIENCE, tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(session).add(key.bits());
      return statement.executeUpdate();
    }
  }
}

package io.querator.storage.jdbc;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.jdbc.ArrayParameter.Element;
import io.querator.storage.sql.Fence;
import io.querator.storage.sql.Raised;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// The statements that raise epochs. Each is a transaction by itself, and waits for fence rows as
/// [FenceLock] says.
final class EpochUpdate {
  private final Tables tables;

  EpochUpdate(Tables tables) {
    this.tables = tables;
  }

  /// Takes partitions over that no claim holds, or an older one.
  Map<PartitionKey, Raised> take(
      Connection connection, String session, Map<PartitionKey, Epoch> seen, Claim claim)
      throws SQLException {
    String sql =
        """
        WITH %s
        UPDATE %s f SET epoch = greatest(f.epoch, u.seen) + 1, previous_epoch = f.epoch,
          owner = ?, incarnation = ?, generation = ?, version = ?, opened_at = clock_timestamp()
        FROM patience, unnest(?, ?) AS u (partition, seen)
        WHERE f.partition = ANY (?) AND f.partition = u.partition
          AND f.format <= ? AND f.dropped_at IS NULL
          AND (f.generation IS NULL OR (f.generation, f.version) < (?, ?))
        RETURNING f.epoch, f.previous_epoch, f.partition
        """
            .formatted(FenceLock.PATIENCE, tables.fence());
    var partitions = new ArrayParameter(Element.INT8, seen.size());
    var epochs = new ArrayParameter(Element.INT8, seen.size());
    seen.forEach((key, epoch) -> {
      partitions.add(key.bits());
      epochs.add(epoch.value());
    });
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Parameters parameters = claimed(new Parameters(statement).add(session), claim);
      parameters.add(partitions).add(epochs).add(partitions).add(Fence.FORMAT);
      parameters.add(claim.generation()).add(claim.version());
      Map<PartitionKey, Raised> raised = new HashMap<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          raised.put(new PartitionKey(row.getLong(3)), raised(row));
        }
      }
      return raised;
    }
  }

  /// Raises one partition that has the epoch `stored`, and that the claim of `last` holds or is
  /// newer than.
  ///
  /// @return empty if that is not so any more
  Optional<Raised> raise(Connection connection, String session, Opened last, Epoch stored)
      throws SQLException {
    String sql =
        """
        WITH %s
        UPDATE %s f SET epoch = greatest(f.epoch, ?) + 1, previous_epoch = f.epoch,
          owner = ?, incarnation = ?, generation = ?, version = ?, opened_at = clock_timestamp()
        FROM patience
        WHERE f.partition = ? AND f.epoch = ? AND f.format <= ? AND f.dropped_at IS NULL
          AND ((f.generation, f.version) < (?, ?) OR (f.generation, f.version, f.incarnation) = (?, ?, ?))
        RETURNING f.epoch, f.previous_epoch
        """
            .formatted(FenceLock.PATIENCE, tables.fence());
    Claim claim = last.claim();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Parameters parameters = new Parameters(statement).add(session).add(last.epoch().value());
      claimed(parameters, claim)
          .add(last.key().bits())
          .add(stored.value())
          .add(Fence.FORMAT)
          .add(claim.generation())
          .add(claim.version())
          .add(claim.generation())
          .add(claim.version())
          .add(claim.incarnation());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(raised(row)) : Optional.empty();
      }
    }
  }

  private static Parameters claimed(Parameters parameters, Claim claim) throws SQLException {
    return parameters
        .add(claim.owner())
        .add(claim.incarnation())
        .add(claim.generation())
        .add(claim.version());
  }

  private static Raised raised(ResultSet row) throws SQLException {
    return new Raised(new Epoch(row.getLong(1)), new Epoch(row.getLong(2)));
  }

  /// Raises the epoch for the last time.
  int condemn(Connection connection, String session, PartitionKey key) throws SQLException {
    String sql =
        """
        WITH %s
        UPDATE %s f SET epoch = f.epoch + 1, dropped_at = clock_timestamp()
        FROM patience WHERE f.partition = ? AND f.dropped_at IS NULL
        """
            .formatted(FenceLock.PATIENCE, tables.fence());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      new Parameters(statement).add(session).add(key.bits());
      return statement.executeUpdate();
    }
  }
}

package io.querator.storage.mysql;

import io.querator.storage.PartitionKey;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Finds the sessions that may hold fence rows, and ends them: those that write for the store which
/// the row names. Other sessions (a person's, a tool's) it does not find: the server tells who
/// holds a lock only to accounts with more rights than Querator needs.
final class Blockers {
  /// Which of those sessions are ended. One that is ended in vain costs its turn a new epoch.
  enum Suspicion {
    /// Those that have been executing something for a second.
    BUSY("AND command <> 'Sleep' AND time >= 1"),
    /// Those too that have been doing nothing for a second: between an error and its ROLLBACK the
    /// transaction stands.
    SILENT("AND time >= 1"),
    ALL("");

    private final String condition;

    Suspicion(String condition) {
      this.condition = condition;
    }

    Suspicion stronger() {
      return this == BUSY ? SILENT : ALL;
    }
  }

  private static final Logger log = LoggerFactory.getLogger(Blockers.class);

  private static final int NO_SUCH_THREAD = 1094;

  private final Tables tables;

  Blockers(Tables tables) {
    this.tables = tables;
  }

  /// @return how many were ended
  int end(Connection connection, Set<PartitionKey> keys, Suspicion suspicion) throws SQLException {
    Set<Long> holders = holders(connection, locks(connection, keys));
    int ended = 0;
    for (long id : suspects(connection, holders, suspicion)) {
      ended += kill(connection, id);
    }
    log.atWarn()
        .addKeyValue("partitions", keys.size())
        .addKeyValue("sessions", holders.size())
        .addKeyValue("ended", ended)
        .log("a take-over waits for a lock");
    return ended;
  }

  /// The names of the locks that the sessions of the holding stores may have.
  private Set<String> locks(Connection connection, Set<PartitionKey> keys) throws SQLException {
    SqlText sql = new SqlText().add("SELECT partition_key, session FROM ").add(tables.fence());
    sql.add(" WHERE partition_key IN ");
    sql.in(keys.stream().mapToLong(PartitionKey::bits).toArray()).add(" AND session IS NOT NULL");
    Set<String> locks = new HashSet<>();
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        Sessions sessions = Sessions.parse(row.getString(2));
        int lane = sessions.lane(new PartitionKey(row.getLong(1)));
        for (int slot = 0; slot < Sessions.SLOTS; slot++) {
          locks.add(sessions.lock(lane, slot));
        }
      }
    }
    return locks;
  }

  private static Set<Long> holders(Connection connection, Set<String> locks) throws SQLException {
    Set<Long> holders = new HashSet<>();
    if (locks.isEmpty()) {
      return holders;
    }
    SqlText sql = new SqlText().add("SELECT ");
    locks.forEach(lock -> sql.add("IS_USED_LOCK(").text(lock).add("),"));
    try (PreparedStatement statement = sql.endList("").prepare(connection);
        ResultSet row = statement.executeQuery()) {
      row.next();
      for (int column = 1; column <= locks.size(); column++) {
        long id = row.getLong(column);
        if (!row.wasNull()) {
          holders.add(id);
        }
      }
    }
    return holders;
  }

  private static List<Long> suspects(Connection connection, Set<Long> holders, Suspicion suspicion)
      throws SQLException {
    List<Long> suspects = new ArrayList<>();
    if (holders.isEmpty()) {
      return suspects;
    }
    SqlText sql = new SqlText().add("SELECT id FROM information_schema.processlist WHERE id IN ");
    sql.in(holders.stream().mapToLong(id -> id).toArray()).add(" ").add(suspicion.condition);
    try (PreparedStatement statement = sql.prepare(connection);
        ResultSet row = statement.executeQuery()) {
      while (row.next()) {
        suspects.add(row.getLong(1));
      }
    }
    return suspects;
  }

  private static int kill(Connection connection, long id) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("KILL CONNECTION " + id);
    } catch (SQLException e) {
      if (e.getErrorCode() != NO_SUCH_THREAD) {
        throw e;
      }
      return 0;
    }
    log.atWarn().addKeyValue("session", id).log("ended a session that may block a take-over");
    return 1;
  }
}

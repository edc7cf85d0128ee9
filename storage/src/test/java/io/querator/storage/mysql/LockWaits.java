package io.querator.storage.mysql;

import io.querator.storage.TestMysql;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The statements that wait for a lock on one server, read for all tests of this JVM that ask.
///
/// A server looks at its transactions anew only if nobody asked for a tenth of a second. Tests that
/// asked beside one another would be told the same for ever. Safe for use by several threads.
final class LockWaits {
  private static final Duration INTERVAL = Duration.ofMillis(110);

  private static final Map<String, LockWaits> OF_SERVERS = new ConcurrentHashMap<>();

  private List<String> waiting = List.of();
  private long readAt;
  private long nextAt = System.nanoTime();

  private LockWaits() {}

  /// Of the database's server.
  static LockWaits of(TestMysql.Database database) {
    String place = database.place();
    return OF_SERVERS.computeIfAbsent(place.substring(0, place.indexOf('/')), _ -> new LockWaits());
  }

  /// Whether a statement that contains `text` has been seen waiting since then.
  ///
  /// @param then by [System#nanoTime]
  /// @param observer of a session with the server
  synchronized boolean since(long then, Statement observer, String text) throws SQLException {
    if (System.nanoTime() - nextAt >= 0) {
      readAt = System.nanoTime();
      waiting = read(observer);
      nextAt = System.nanoTime() + INTERVAL.toNanos();
    }
    return readAt - then >= 0 && waiting.stream().anyMatch(query -> query.contains(text));
  }

  private static List<String> read(Statement observer) throws SQLException {
    List<String> queries = new ArrayList<>();
    try (ResultSet row =
        observer.executeQuery(
            "SELECT trx_query FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT' AND trx_query IS NOT NULL")) {
      while (row.next()) {
        queries.add(row.getString(1));
      }
    }
    return queries;
  }
}

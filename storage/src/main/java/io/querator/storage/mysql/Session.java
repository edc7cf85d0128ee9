package io.querator.storage.mysql;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// How a session with the server is set up, so that neither plans nor meanings depend on the
/// server's own settings, and what hangs comes to an end.
///
/// @param lockSeconds how long a statement waits for a row, in whole seconds: the server knows no
///   less
/// @param readSeconds how long one may take
/// @param idleSeconds how long a transaction may wait for its client, where the server knows that
record Session(int lockSeconds, int readSeconds, int idleSeconds) {
  private static final int LANE_LOCK_SECONDS = 2;

  /// For take-overs, which then look what they wait for.
  static final Session CONTROL = new Session(1, 10, 3);

  /// For counts.
  static final Session COUNT = new Session(2, 600, 60);

  /// How long tables may be locked by others, in seconds.
  private static final int TABLE_LOCK_SECONDS = 2;

  /// An idle session ends after this, in seconds: the pool uses each every two minutes.
  private static final int IDLE_SECONDS = 300;

  /// `READ COMMITTED`: a turn must see what is, and lock nothing beside its rows.
  static final String ISOLATION = "READ-COMMITTED";

  /// For turns and reads, on connections that give up on a silent server after `silentSeconds`. A
  /// wait for a lock should end before that, since then its outcome is known.
  static Session lane(int silentSeconds) {
    return new Session(Math.clamp(silentSeconds / 2, 1, LANE_LOCK_SECONDS), 10, 3);
  }

  static boolean isMariadb(Connection connection) throws SQLException {
    return connection
        .getMetaData()
        .getDatabaseProductName()
        .toLowerCase(Locale.ROOT)
        .contains("mariadb");
  }

  void apply(Connection connection) throws SQLException {
    String settings =
        settings(isMariadb(connection)).entrySet().stream()
            .map(setting -> setting.getKey() + " = " + setting.getValue())
            .collect(Collectors.joining(", ", "SET SESSION ", ""));
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; " + settings);
    }
  }

  /// By name, as SQL writes them.
  private Map<String, String> settings(boolean mariadb) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("sql_mode", "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'");
    settings.put("autocommit", "1");
    settings.put("innodb_lock_wait_timeout", Integer.toString(lockSeconds));
    settings.put("lock_wait_timeout", Integer.toString(TABLE_LOCK_SECONDS));
    settings.put("wait_timeout", Integer.toString(IDLE_SECONDS));
    if (mariadb) {
      settings.put("max_statement_time", Integer.toString(readSeconds));
      settings.put("idle_transaction_timeout", Integer.toString(idleSeconds));
      settings.put("max_recursive_iterations", "100000");
      // Lists of positions stay ranges of the primary key, however long they are.
      settings.put("in_predicate_conversion_threshold", "0");
      settings.put("optimizer_max_sel_arg_weight", "0");
    } else {
      settings.put("max_execution_time", Integer.toString(readSeconds * 1_000));
      settings.put("cte_max_recursion_depth", "100000");
      settings.put("range_optimizer_max_mem_size", "0");
    }
    return settings;
  }

  /// Whether the server may be written to.
  static boolean isWritable(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT @@global.read_only")) {
      return row.next() && row.getInt(1) == 0;
    }
  }
}

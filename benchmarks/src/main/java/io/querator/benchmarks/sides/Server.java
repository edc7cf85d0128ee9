package io.querator.benchmarks.sides;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;

/// The server that all sides on a database share, with everything on that makes commits durable.
/// Safe for use by many threads.
public sealed interface Server extends AutoCloseable permits PostgresServer, MysqlServer {
  Connection connect() throws SQLException;

  default void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /// Processor time of all its processes.
  Duration cpu();

  /// Version and durability.
  String settings() throws SQLException;

  /// The settings of a node's storage on this server, by their names within it.
  Map<String, String> storage();

  /// With user and password, as `querator bench --database` has it.
  String url();

  /// Makes an empty table `name` of rows with a number and a payload.
  void createRows(String name) throws SQLException;

  /// Rows of that table, written over a connection of their own in the way that suits this database
  /// best.
  ///
  /// @param batch rows in a statement
  Rows rows(String name, int batch, byte[] payload) throws SQLException;

  /// Used by one thread.
  interface Rows extends AutoCloseable {
    /// Inserts and commits a batch with numbers from `first` on.
    void insert(long first) throws SQLException;

    /// Deletes and commits the same rows.
    ///
    /// @return how many there were
    int delete(long first) throws SQLException;

    @Override
    void close() throws SQLException;
  }

  @Override
  void close();
}

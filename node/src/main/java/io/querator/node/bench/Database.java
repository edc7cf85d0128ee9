package io.querator.node.bench;

import java.sql.Connection;
import java.time.Duration;
import java.util.Optional;

/// What a database itself tells about its work, over a connection of its own.
sealed interface Database extends AutoCloseable permits PostgresDatabase, MysqlDatabase {
  /// @param url as nodes have it
  /// @return nothing if it is of a kind that is not asked, which MongoDB is
  /// @throws BenchException if it cannot be reached
  static Optional<Database> open(String url) {
    if (url.startsWith("mysql:") || url.startsWith("mariadb:")) {
      return Optional.of(MysqlDatabase.open(url));
    }
    return url.startsWith("mongodb") ? Optional.empty() : Optional.of(PostgresDatabase.open(url));
  }

  /// How safe a commit is, in a line.
  String durability();

  /// Bytes of write-ahead log so far.
  long walBytes();

  /// Rows that were updated or deleted so far.
  long deadRows();

  /// What it takes on its disk, without the write-ahead log.
  long bytes();

  /// Holds a snapshot until the session that is returned is closed: no row that dies meanwhile can
  /// be removed.
  Connection holdSnapshot();

  /// Processor time of all processes of the server.
  ///
  /// @return nothing if it does not run on this machine, or this is not Linux
  Optional<Duration> cpu();

  @Override
  void close();
}

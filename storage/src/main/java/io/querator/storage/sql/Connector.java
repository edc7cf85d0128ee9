package io.querator.storage.sql;

import java.sql.Connection;
import java.sql.SQLException;

/// Makes connections with a database, ready for use and in autocommit mode. Used by several
/// threads.
@FunctionalInterface
public interface Connector {
  /// One attempt, bounded in time.
  Connection connect() throws SQLException;
}

package io.querator.benchmarks.sides;

import java.io.IOException;
import java.sql.SQLException;

/// A way to have a queue. Used by one thread.
public interface Side extends AutoCloseable {
  /// Short, for tables.
  String name();

  /// Its version, and what makes it as durable as the others.
  String settings();

  /// Does the work with an empty queue.
  Measured run(Work work) throws IOException, SQLException, InterruptedException;

  @Override
  void close();
}

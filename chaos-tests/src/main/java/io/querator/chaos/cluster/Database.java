package io.querator.chaos.cluster;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;

/// The database of a run. Used by one thread, but for [#address()].
public interface Database extends AutoCloseable {
  /// Where it listens, maybe elsewhere after each [#start()]; empty if nodes find the way without
  /// the run's links.
  Optional<InetSocketAddress> address();

  /// The settings of a node's storage, by their names within it.
  ///
  /// @param entry `host:port` that leads to [#address()]; not used if that is empty
  Map<String, String> settings(String entry);

  /// Kills its server, which starts again at once.
  ///
  /// @throws UnsupportedOperationException if it must not, as the next ones
  /// @see Storage#isStoppable
  default void kill() throws IOException, InterruptedException {
    throw new UnsupportedOperationException("this database cannot be killed");
  }

  default void stop() {
    throw new UnsupportedOperationException("this database cannot be stopped");
  }

  /// Starts it again after a stop.
  default void start() {
    throw new UnsupportedOperationException("this database cannot be started");
  }

  @Override
  void close();
}

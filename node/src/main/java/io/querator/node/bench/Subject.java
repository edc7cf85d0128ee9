package io.querator.node.bench;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// The node that is measured.
sealed interface Subject extends AutoCloseable permits OwnNode, RunningNode {
  URI uri();

  /// Processor time of the node so far.
  ///
  /// @return nothing if it is not a process of this machine that we know
  Optional<Duration> cpu();

  /// Its database, if that may be asked.
  Optional<Database> database();

  /// Lines that say what it is.
  List<String> description();

  @Override
  void close();
}

package io.querator.node.bench;

import java.net.URI;
import java.util.List;
import java.util.Optional;

/// The nodes that are measured.
sealed interface Subject extends AutoCloseable permits OwnNode, RunningNodes {
  /// Where clients reach them, at least one.
  List<URI> uris();

  /// Their database, if that may be asked.
  Optional<Database> database();

  /// Lines that say what they are.
  List<String> description();

  @Override
  void close();
}

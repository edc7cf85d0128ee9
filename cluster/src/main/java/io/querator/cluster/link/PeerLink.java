package io.querator.cluster.link;

import io.querator.cluster.NodeId;
import java.time.Duration;

/// The way to the processes of other nodes. Safe for use by many threads.
@FunctionalInterface
public interface PeerLink {
  /// Sends a message and waits for its answer.
  ///
  /// @param subject what the message is about: `/`, letters and `-`
  /// @param timeout for all of it
  /// @throws PeerException if no answer came, which says whether it may have been executed
  byte[] call(NodeId to, String subject, byte[] message, Duration timeout);
}

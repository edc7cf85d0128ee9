package io.querator.node.metric;

import java.util.List;

/// Where the numbers of the queues come from.
@FunctionalInterface
public interface QueueSource {
  /// The queues of this node, in any order. Reads memory only.
  List<QueueReading> queues();
}

package io.querator.node.service;

/// What became of a change of a queue's definition.
public enum DefinitionResult {
  DONE,
  /// There is a queue of that name already.
  EXISTS,
  NO_SUCH_QUEUE,
  /// There are as many queues as this node takes.
  TOO_MANY_QUEUES,
  /// There are as many partitions as this node takes.
  TOO_MANY_PARTITIONS,
  /// The queue has items, and force is needed.
  NOT_EMPTY,
  /// Another queue sends its dead items here, and force is needed.
  IS_DEAD_QUEUE,
  /// Others changed the queue again and again.
  CONTENDED,
  /// The node stops.
  SHUTDOWN,
  /// The node stops, and other nodes serve.
  LEFT
}

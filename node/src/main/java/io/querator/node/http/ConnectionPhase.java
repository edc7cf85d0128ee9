package io.querator.node.http;

/// What a connection is doing.
enum ConnectionPhase {
  /// It waits for the first byte of a request.
  IDLE,
  /// A request is arriving.
  RECEIVING,
  /// A handler is at work, or waits.
  HANDLING,
  /// An answer is on its way to the client.
  SENDING,
  /// It is about to be closed; what the client still sends is thrown away, so that the answer
  /// reaches it.
  LINGERING
}

package io.querator.node.http;

/// Answers a message of another node: bytes in, bytes out.
///
/// Runs on the virtual thread of the connection and may block as long as the caller waits.
@FunctionalInterface
public interface MessageHandler {
  /// The largest message: 32 MiB.
  int BYTES_MAX = 32 << 20;

  /// @throws ReplyException if it is not answered
  byte[] answer(Caller caller, byte[] message);
}

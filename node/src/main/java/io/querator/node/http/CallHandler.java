package io.querator.node.http;

import com.google.protobuf.Message;

/// Answers one call of the API.
///
/// Runs on the virtual thread of the connection and may block as long as the request's own timeout
/// allows.
@FunctionalInterface
public interface CallHandler<Q extends Message, A extends Message> {
  /// @return the answer of success
  /// @throws ReplyException for every other answer; anything else that is thrown is logged and
  ///   answered with 500
  A handle(Q request, CallContext context);
}

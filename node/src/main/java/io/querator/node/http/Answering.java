package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.node.http.codec.Encoded;

/// A handler together with the encoding of its answer.
@FunctionalInterface
interface Answering<Q extends Message> {
  /// @return the body of the answer; nothing if it has been streamed
  Encoded answer(Q request, CallContext context, Accepted accepted, Exchange exchange);
}

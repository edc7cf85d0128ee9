package io.querator.node.http;

import com.google.protobuf.Message;
import java.util.function.Consumer;

/// Answers a call whose answer is one list, element by element, so that a long one need not be in
/// memory.
///
/// Runs on the virtual thread of the connection, as a [CallHandler] does.
@FunctionalInterface
public interface ListHandler<Q extends Message, E extends Message> {
  /// @param elements takes the next element; blocks while the client is slow
  /// @throws ReplyException for every answer but success. Once the answer has outgrown its buffer
  ///   (64 KiB) and is on its way, nothing can be said any more: whatever is thrown then cuts the
  ///   connection, and the client sees a broken answer instead of a shortened list
  void handle(Q request, CallContext context, Consumer<E> elements);
}

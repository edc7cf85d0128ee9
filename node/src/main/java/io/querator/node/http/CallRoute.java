package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.client.BodyLimit;
import io.querator.client.Call;
import io.querator.client.Limits;
import io.querator.node.http.codec.Decoded;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.ListGate;
import io.querator.node.http.codec.MessageCodec;

/// The way of one call from the bytes of its body to the bytes of its answer.
final class CallRoute<Q extends Message, A extends Message> {
  /// What an element of a list takes in memory besides its bytes.
  private static final int ELEMENT_BYTES = 128;

  private static final int ELEMENTS_AT_ONCE = 1024;

  /// One more than is allowed, and some: that there are too many is for the handler to say.
  private static final ListGate BATCH = ListGate.upTo(Limits.PRODUCE_ITEMS_MAX + 1);

  private final Call<Q, A> call;
  private final BodyLimit bodyLimit;
  private final CallHandler<Q, A> handler;
  private final MessageCodec<Q> requests;
  private final MessageCodec<A> answers;

  private CallRoute(Call<Q, A> call, BodyLimit bodyLimit, CallHandler<Q, A> handler) {
    this.call = call;
    this.bodyLimit = bodyLimit;
    this.handler = handler;
    requests = MessageCodec.of(call.request());
    answers = MessageCodec.of(call.answer());
  }

  static <Q extends Message, A extends Message> CallRoute<Q, A> of(
      CallHandlers.Binding<Q, A> binding, HttpSettings settings) {
    Call<Q, A> call = binding.call();
    BodyLimit limit = call.equals(Call.QUEUE_PRODUCE) ? settings.produceBody() : call.bodyLimit();
    return new CallRoute<>(call, limit, binding.handler());
  }

  Call<Q, A> call() {
    return call;
  }

  BodyLimit bodyLimit() {
    return bodyLimit;
  }

  /// @throws io.querator.node.http.codec.CodecException if the body is not such a request
  /// @throws ReplyException as the handler says
  Encoded answer(
      Body body, BodyFormat format, Accepted accepted, ByteBudget.Share share, Exchange exchange) {
    Decoded<Q> request = format.decode(requests, body, gate(share));
    ReadAhead.Watch watch = exchange.watch();
    try {
      A answer =
          handler.handle(request.message(), exchange.context(accepted, request.listed(), watch));
      return accepted.encode(answers, answer);
    } finally {
      watch.end();
    }
  }

  private ListGate gate(ByteBudget.Share share) {
    if (!call.equals(Call.STORAGE_ITEMS_IMPORT)) {
      return BATCH;
    }
    // an import may have any number
    return count -> {
      if (count % ELEMENTS_AT_ONCE == 0) {
        share.take(ELEMENTS_AT_ONCE * ELEMENT_BYTES);
      }
      return true;
    };
  }
}

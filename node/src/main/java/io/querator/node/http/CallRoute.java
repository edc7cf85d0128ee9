package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.client.BodyLimit;
import io.querator.client.Call;
import io.querator.client.Limits;
import io.querator.node.http.codec.Decoded;
import io.querator.node.http.codec.Encoded;
import io.querator.node.http.codec.ListGate;
import io.querator.node.http.codec.MessageCodec;
import java.util.Set;

/// The way of one call from the bytes of its body to the bytes of its answer.
final class CallRoute<Q extends Message> {
  /// What an element of a list takes in memory besides its bytes.
  private static final int ELEMENT_BYTES = 128;

  private static final int ELEMENTS_AT_ONCE = 1024;

  /// The calls whose lists are limited.
  private static final Set<String> BATCH_CALLS =
      Set.of(Call.QUEUE_PRODUCE.path(), Call.QUEUE_COMPLETE.path(), Call.QUEUE_RETRY.path());

  /// One more than they allow: that there are too many is for the handler to say.
  private static final ListGate BATCH = ListGate.upTo(Limits.PRODUCE_ITEMS_MAX + 1);

  private final Call<Q, ?> call;
  private final BodyLimit bodyLimit;
  private final Answering<Q> answering;
  private final MessageCodec<Q> requests;
  private final boolean batch;

  private CallRoute(CallHandlers.Binding<Q> binding, BodyLimit bodyLimit) {
    this.call = binding.call();
    this.bodyLimit = bodyLimit;
    this.answering = binding.answering();
    requests = MessageCodec.of(call.request());
    batch = BATCH_CALLS.contains(call.path());
  }

  static <Q extends Message> CallRoute<Q> of(
      CallHandlers.Binding<Q> binding, HttpSettings settings) {
    Call<Q, ?> call = binding.call();
    boolean produce = call.path().equals(Call.QUEUE_PRODUCE.path());
    return new CallRoute<>(binding, produce ? settings.produceBody() : call.bodyLimit());
  }

  Call<Q, ?> call() {
    return call;
  }

  BodyLimit bodyLimit() {
    return bodyLimit;
  }

  /// @return the body of the answer; nothing if it has been streamed
  /// @throws io.querator.node.http.codec.CodecException if the body is not such a request
  /// @throws ReplyException as the handler says
  Encoded answer(Exchange exchange, Body body, BodyFormat format, Accepted accepted) {
    Decoded<Q> request = format.decode(requests, body, gate(exchange.share()));
    ReadAhead.Watch watch = exchange.watch();
    try {
      CallContext context = exchange.context(accepted, request.listed(), body, watch);
      return answering.answer(request.message(), context, accepted, exchange);
    } finally {
      watch.end();
    }
  }

  private ListGate gate(ByteBudget.Share share) {
    if (batch) {
      return BATCH;
    }
    return count -> {
      if (count % ELEMENTS_AT_ONCE == 0) {
        share.take(ELEMENTS_AT_ONCE * ELEMENT_BYTES);
      }
      return true;
    };
  }
}

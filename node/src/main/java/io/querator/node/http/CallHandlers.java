package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.client.Call;
import io.querator.node.http.codec.ListCodec;
import io.querator.node.http.codec.MessageCodec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Which handler answers which call. A call without a handler is answered like an unknown path.
public final class CallHandlers {
  private final List<Binding<?>> bindings;

  private CallHandlers(List<Binding<?>> bindings) {
    this.bindings = bindings;
  }

  public static Builder builder() {
    return new Builder();
  }

  List<Binding<?>> bindings() {
    return bindings;
  }

  record Binding<Q extends Message>(Call<Q, ?> call, Answering<Q> answering) {}

  /// Gathers the handlers. Used by one thread.
  public static final class Builder {
    private final Map<String, Binding<?>> byPath = new LinkedHashMap<>();

    private Builder() {}

    /// @throws IllegalArgumentException if the call has a handler already
    public <Q extends Message, A extends Message> Builder on(
        Call<Q, A> call, CallHandler<Q, A> handler) {
      MessageCodec<A> answers = MessageCodec.of(call.answer());
      return bind(
          call,
          (request, context, accepted, exchange) ->
              accepted.encode(answers, handler.handle(request, context)));
    }

    /// @param element the default instance of the elements of the answer's list
    /// @throws IllegalArgumentException if the call has a handler already, or its answer is not a
    ///   list of such elements
    public <Q extends Message, E extends Message> Builder onList(
        Call<Q, ?> call, E element, ListHandler<Q, E> handler) {
      ListCodec<E> answers = ListCodec.of(call.answer(), element);
      return bind(
          call,
          (request, context, accepted, exchange) -> {
            ListAnswer<E> answer = new ListAnswer<>(accepted.write(answers), accepted, exchange);
            handler.handle(request, context, answer::add);
            return answer.end();
          });
    }

    public CallHandlers build() {
      return new CallHandlers(List.copyOf(byPath.values()));
    }

    private <Q extends Message> Builder bind(Call<Q, ?> call, Answering<Q> answering) {
      if (byPath.putIfAbsent(call.path(), new Binding<>(call, answering)) != null) {
        throw new IllegalArgumentException("two handlers for " + call.path());
      }
      return this;
    }
  }
}

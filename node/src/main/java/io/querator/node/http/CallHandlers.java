package io.querator.node.http;

import com.google.protobuf.Message;
import io.querator.client.Call;
import java.util.LinkedHashMap;
import java.util.Map;

/// Which handler answers which call. A call without a handler is answered like an unknown path.
public final class CallHandlers {
  private final Map<String, Binding<?, ?>> byPath;

  private CallHandlers(Map<String, Binding<?, ?>> byPath) {
    this.byPath = Map.copyOf(byPath);
  }

  public static Builder builder() {
    return new Builder();
  }

  Iterable<Binding<?, ?>> bindings() {
    return byPath.values();
  }

  record Binding<Q extends Message, A extends Message>(
      Call<Q, A> call, CallHandler<Q, A> handler) {}

  /// Gathers the handlers. Used by one thread.
  public static final class Builder {
    private final Map<String, Binding<?, ?>> byPath = new LinkedHashMap<>();

    private Builder() {}

    /// @throws IllegalArgumentException if the call has a handler already
    public <Q extends Message, A extends Message> Builder on(
        Call<Q, A> call, CallHandler<Q, A> handler) {
      if (byPath.putIfAbsent(call.path(), new Binding<>(call, handler)) != null) {
        throw new IllegalArgumentException("two handlers for " + call.path());
      }
      return this;
    }

    public CallHandlers build() {
      return new CallHandlers(byPath);
    }
  }
}

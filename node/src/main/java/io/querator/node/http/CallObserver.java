package io.querator.node.http;

import io.querator.client.Call;
import io.querator.client.ReplyCode;

/// Is told of every answered call, for metrics. Called on the thread of the connection; must be
/// quick and not throw.
@FunctionalInterface
public interface CallObserver {
  CallObserver NONE = (call, code, nanos) -> {};

  /// @param nanos from the end of the request's head until its answer was ready
  void answered(Call<?, ?> call, ReplyCode code, long nanos);
}

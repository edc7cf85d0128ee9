package io.querator.chaos.workload;

import io.querator.chaos.history.Result;
import io.querator.chaos.history.Span;
import io.querator.client.Outcome;
import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// Makes calls and tells what is known of them. Safe for use by many threads.
final class Caller {
  private final QueratorClient client;
  private final LongSupplier clock;

  /// @param clock nanoseconds since the run began
  Caller(QueratorClient client, LongSupplier clock) {
    this.client = client;
    this.clock = clock;
  }

  /// What became of a call.
  ///
  /// @param value null unless the result is OK
  /// @param text of what refused it, else null
  record Ended<T>(Span span, Result result, @Nullable T value, @Nullable String text) {}

  <T> Ended<T> call(Function<QueratorClient, T> call) {
    long start = clock.getAsLong();
    try {
      T value = call.apply(client);
      return new Ended<>(new Span(start, clock.getAsLong()), Result.OK, value, null);
    } catch (QueratorException e) {
      Result result = e.outcome() == Outcome.UNKNOWN ? Result.UNKNOWN : Result.FAILED;
      String text = e.code() + " " + e.getMessage();
      return new Ended<>(new Span(start, clock.getAsLong()), result, null, text);
    }
  }

  /// As [#call(Function)], for calls whose answer says no more than that they are done.
  Ended<Boolean> run(Consumer<QueratorClient> call) {
    return call(same -> {
      call.accept(same);
      return true;
    });
  }
}

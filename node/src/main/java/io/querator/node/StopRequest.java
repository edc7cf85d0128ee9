package io.querator.node;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Tells a start under way that it is not wanted any more. Safe for use by many threads.
final class StopRequest {
  private final CompletableFuture<Boolean> made = new CompletableFuture<>();

  void make() {
    made.complete(true);
  }

  /// @throws StartException if it was made
  void check() {
    if (made.isDone()) {
      throw new StartException("asked to stop while starting", null);
    }
  }

  /// Waits for a time.
  ///
  /// @throws StartException if it is made meanwhile
  void await(Duration time) {
    await(new CompletableFuture<>(), time);
  }

  /// Waits until something is done, or a time has passed.
  ///
  /// @return whether it is done
  /// @throws StartException if it is made meanwhile
  boolean await(CompletableFuture<?> something, Duration time) {
    try {
      CompletableFuture.anyOf(made, something).get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      throw new StartException("interrupted while starting", e);
    } catch (ExecutionException e) {
      throw new StartException("cannot start: " + e.getCause(), e);
    }
    check();
    return true;
  }
}

package io.querator.node.service;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/// Does the same with many things at once, each on a virtual thread, within a bound.
public final class Parallel {
  private static final int AT_ONCE = 64;

  private Parallel() {}

  /// The results of `action`, in order. Waits for all; what one throws is thrown then.
  public static <T, R> List<R> map(List<T> things, Function<T, R> action) {
    if (things.size() == 1) {
      return List.of(action.apply(things.getFirst()));
    }
    Semaphore permits = new Semaphore(AT_ONCE);
    List<CompletableFuture<R>> results = new ArrayList<>(things.size());
    for (T thing : things) {
      CompletableFuture<R> result = new CompletableFuture<>();
      results.add(result);
      permits.acquireUninterruptibly();
      Thread.ofVirtual()
          .start(() -> {
            try {
              result.complete(action.apply(thing));
            } catch (RuntimeException e) {
              result.completeExceptionally(e);
            } finally {
              permits.release();
            }
          });
    }
    return results.stream().map(CompletableFuture::join).toList();
  }
}

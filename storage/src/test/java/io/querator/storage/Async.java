package io.querator.storage;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/// Does something beside the test that asks for it, on a thread of its own.
///
/// What [CompletableFuture] starts by itself runs in the pool that all of this JVM share, which has
/// as many threads as there are processors: tests whose tasks wait for locks, or for answers that a
/// proxy holds back, would keep those of other tests from starting. It is not a virtual thread,
/// either: one that writes without a pause would keep the few that carry them from the proxies.
public final class Async {
  private Async() {}

  /// The value, when there is one.
  public static <T> CompletableFuture<T> supply(Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, Async::start);
  }

  /// Ends with the task.
  public static CompletableFuture<Void> run(Runnable task) {
    return CompletableFuture.runAsync(task, Async::start);
  }

  private static void start(Runnable task) {
    Thread.ofPlatform().daemon().name("async").start(task);
  }
}

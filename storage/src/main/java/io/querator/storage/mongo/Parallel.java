package io.querator.storage.mongo;

import io.querator.storage.StorageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Does the same for many partitions, several at a time: each has its own collection, and so needs
/// its own requests. On virtual threads.
final class Parallel {
  private static final int AT_ONCE = 16;

  private final Semaphore free = new Semaphore(AT_ONCE);

  /// One result an input, in their order.
  ///
  /// @throws RuntimeException the first failure, once all have ended
  <I, O> List<O> map(Collection<I> inputs, Function<I, O> work) {
    if (inputs.size() == 1) {
      return List.of(work.apply(inputs.iterator().next()));
    }
    List<FutureTask<O>> tasks = new ArrayList<>(inputs.size());
    for (I input : inputs) {
      FutureTask<O> task = new FutureTask<>(() -> work.apply(input));
      tasks.add(task);
      free.acquireUninterruptibly();
      Thread.ofVirtual()
          .name("mongo-parallel")
          .start(() -> {
            try {
              task.run();
            } finally {
              free.release();
            }
          });
    }
    return results(tasks);
  }

  private static <O> List<O> results(List<FutureTask<O>> tasks) {
    List<O> results = new ArrayList<>(tasks.size());
    RuntimeException failure = null;
    for (FutureTask<O> task : tasks) {
      try {
        results.add(task.get());
      } catch (ExecutionException e) {
        failure = failure == null ? unchecked(e.getCause()) : failure;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new StorageException.Unavailable("interrupted", e);
      }
    }
    if (failure != null) {
      throw failure;
    }
    return results;
  }

  private static RuntimeException unchecked(@Nullable Throwable cause) {
    return cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
  }
}

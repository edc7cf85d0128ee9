package io.querator.benchmarks.sides;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/// Threads of this process that produce and consume, each with a connection of its own, with a
/// bounded number of items between them.
final class Load {
  private static final int POLLED_BACKLOG = 20_000;
  private static final long FIRST_MILLIS = 60_000;
  private static final long END_MILLIS = 30_000;
  private static final long END_STEP_MILLIS = 50;

  /// Work of one thread; returns what it did, and is called again.
  ///
  /// Throws [InterruptedException] when its thread is interrupted while it waits.
  @FunctionalInterface
  interface Step {
    /// @return how many items were consumed; for producers, nothing that counts
    int take() throws Exception;
  }

  private final Work work;
  private final Supplier<Duration> server;
  private final Semaphore room;
  private final LongAdder consumed = new LongAdder();

  /// Completes when something was consumed.
  private final CompletableFuture<Boolean> first = new CompletableFuture<>();

  /// Completes exceptionally when a thread fails, else never.
  private final CompletableFuture<Boolean> failure = new CompletableFuture<>();

  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  /// @param server how much processor time the server has used so far
  Load(Work work, Supplier<Duration> server) {
    this(work, server, work.backlog());
  }

  private Load(Work work, Supplier<Duration> server, int backlog) {
    this.work = work;
    this.server = server;
    room = new Semaphore(backlog);
  }

  /// With so many items waiting that a consumer which polls seldom finds enough.
  static Load polled(Work work, Supplier<Duration> server) {
    return new Load(work, server, POLLED_BACKLOG + work.backlog());
  }

  /// Adds a thread whose step adds a batch.
  void producer(Step step) {
    thread(
        "producer",
        () -> {
          room.acquire(work.batch());
          return step.take();
        });
  }

  /// Adds a thread whose step takes and completes some items.
  void consumer(Step step) {
    thread(
        "consumer",
        () -> {
          int items = step.take();
          consumed(items);
          return items;
        });
  }

  /// Adds a thread whose step adds items and consumes them itself.
  void worker(Step step) {
    thread(
        "worker",
        () -> {
          int items = step.take();
          count(items);
          return items;
        });
  }

  /// Items were consumed by somebody else's thread.
  void consumed(int items) {
    count(items);
    room.release(items);
  }

  private void count(int items) {
    consumed.add(items);
    if (items > 0) {
      first.complete(true);
    }
  }

  private void thread(String name, Callable<Integer> step) {
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .name(name + "-" + threads.size())
            .unstarted(() -> {
              try {
                while (!over) {
                  step.call();
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (Exception e) {
                if (!over) {
                  failure.completeExceptionally(e);
                }
              }
            }));
  }

  /// Has all threads work, from when the first item is consumed, and ends them.
  ///
  /// @throws LoadException if one of them fails
  Measured run() throws InterruptedException {
    threads.forEach(Thread::start);
    try {
      awaitFirst();
      pass(work.warmUp());
      long begunNanos = System.nanoTime();
      long items = consumed.sum();
      Duration serverBefore = server.get();
      Duration clientBefore = own();
      pass(work.measured());
      long endNanos = System.nanoTime();
      return new Measured(
          (endNanos - begunNanos) / (double) TimeUnit.SECONDS.toNanos(1),
          consumed.sum() - items,
          server.get().minus(serverBefore),
          Duration.ZERO,
          own().minus(clientBefore));
    } finally {
      end();
    }
  }

  private void awaitFirst() throws InterruptedException {
    try {
      CompletableFuture.anyOf(first, failure).get(FIRST_MILLIS, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new LoadException("nothing was consumed in " + FIRST_MILLIS + " ms", e);
    } catch (ExecutionException e) {
      throw failed(e);
    }
  }

  private void pass(Duration time) throws InterruptedException {
    try {
      failure.get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      // the time has passed, and all goes well
    } catch (ExecutionException e) {
      throw failed(e);
    }
  }

  private static LoadException failed(ExecutionException e) {
    return new LoadException("a thread of the load has failed: " + e.getCause(), e);
  }

  /// A thread that waits for an answer ends when its connection is closed at the latest.
  private void end() throws InterruptedException {
    over = true;
    long untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_MILLIS);
    // interrupted only after what it is at: a driver may close its connection otherwise
    for (Thread thread : threads) {
      thread.join(END_STEP_MILLIS);
    }
    for (Thread thread : threads) {
      thread.interrupt();
      long left = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
      if (!thread.join(Duration.ofMillis(Math.max(1, left)))) {
        throw new LoadException("a thread of the load does not end: " + thread.getName());
      }
    }
  }

  /// Processor time of this process.
  private static Duration own() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }
}

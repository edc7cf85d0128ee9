package io.querator.node.service;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread on which queues and partitions come and go. What it owns needs no lock.
///
/// Its tasks are short, and wait for no storage: whatever does runs as [#work], or as [#look] where
/// the order matters, and comes back with [#run].
final class Keeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Keeper.class);

  private static final int END_SECONDS = 10;

  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("queue-keeper").daemon().factory());
  private final ExecutorService catalogue =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("queue-catalogue").daemon().factory());
  private volatile boolean closed;

  /// Runs `task` soon; not at all once this is closed.
  void run(Runnable task) {
    after(Duration.ZERO, task);
  }

  /// Runs `task` after `delay`; not at all if this is closed before.
  void after(Duration delay, Runnable task) {
    try {
      thread.schedule(() -> guarded(task), delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      log.atDebug().log("the keeper is closed");
    }
  }

  /// Runs `task` on a virtual thread of its own.
  void work(Runnable task) {
    Thread.ofVirtual().name("queue-work").start(() -> guarded(task));
  }

  /// Runs `task`, which reads the catalogue, after those that were given before: so what they
  /// [#run] comes in the order of what they have read. Not at all once this is closed.
  void look(Runnable task) {
    try {
      catalogue.execute(() -> guarded(task));
    } catch (RejectedExecutionException e) {
      log.atDebug().log("the keeper is closed");
    }
  }

  boolean isClosed() {
    return closed;
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      if (closed) {
        log.atDebug().setCause(e).log("a task failed while the node closes");
      } else {
        log.atError().setCause(e).log("a task of the queue keeper failed");
      }
    }
  }

  /// Begins nothing any more, and waits for the task under way; not for a look at the catalogue,
  /// which may hang with its storage.
  @Override
  public void close() {
    closed = true;
    catalogue.shutdownNow();
    thread.shutdownNow();
    try {
      if (!thread.awaitTermination(END_SECONDS, TimeUnit.SECONDS)) {
        log.atWarn().log("the keeper's last task does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

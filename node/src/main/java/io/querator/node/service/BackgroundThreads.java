package io.querator.node.service;

import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/// Runs each task on a virtual thread, a bounded number at once; those beyond wait their turn.
final class BackgroundThreads implements Executor {
  private final Semaphore permits;

  BackgroundThreads(int atOnce) {
    permits = new Semaphore(atOnce);
  }

  @Override
  public void execute(Runnable task) {
    Thread.ofVirtual()
        .name("partition-background")
        .start(() -> {
          permits.acquireUninterruptibly();
          try {
            task.run();
          } finally {
            permits.release();
          }
        });
  }
}

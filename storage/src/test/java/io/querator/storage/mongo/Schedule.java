package io.querator.storage.mongo;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Lets one of many threads run at a time, and chooses at each of their steps which goes on: the
/// same race again for the same seed. Time passes by steps only.
final class Schedule {
  /// Ends the threads of a process that crashed.
  static final class Crash extends Error {
    private static final long serialVersionUID = 1L;

    Crash() {
      super("crashed", null, false, false);
    }
  }

  /// Threads that crash together.
  static final class Process {
    private boolean crashed;

    boolean isCrashed() {
      return crashed;
    }
  }

  private static final long STEP_NANOS = 4_000_000;

  private final class Actor {
    private final Process process;
    private final Condition turn = lock.newCondition();

    Actor(Process process) {
      this.process = process;
    }
  }

  private final Random random;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ended = lock.newCondition();
  private final ThreadLocal<Actor> self = new ThreadLocal<>();

  // Guarded by the lock
  private final List<Actor> ready = new ArrayList<>();
  private @Nullable Actor running;
  private @Nullable Throwable failure;
  private long nanos;

  Schedule(Random random) {
    this.random = random;
  }

  /// Adds a thread, to be run at some later step.
  void start(Process process, Runnable work) {
    Actor actor = new Actor(process);
    lock.lock();
    try {
      ready.add(actor);
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().start(() -> run(actor, work));
  }

  private void run(Actor actor, Runnable work) {
    self.set(actor);
    lock.lock();
    try {
      awaitTurn(actor);
    } finally {
      lock.unlock();
    }
    Throwable thrown = null;
    try {
      checkAlive(actor);
      work.run();
    } catch (Crash e) {
      // As it should.
    } catch (Throwable e) {
      thrown = e;
    }
    lock.lock();
    try {
      if (thrown != null && failure == null) {
        failure = thrown;
      }
      running = null;
      next();
    } finally {
      lock.unlock();
    }
  }

  /// A step of the running thread: others may go on first.
  void step() {
    Actor actor = self.get();
    if (actor == null) {
      throw new IllegalStateException("not a thread of this schedule");
    }
    lock.lock();
    try {
      nanos += STEP_NANOS;
      ready.add(actor);
      running = null;
      next();
      awaitTurn(actor);
    } finally {
      lock.unlock();
    }
    checkAlive(actor);
  }

  private static void checkAlive(Actor actor) {
    if (actor.process.crashed) {
      throw new Crash();
    }
  }

  private void awaitTurn(Actor actor) {
    while (running != actor) {
      actor.turn.awaitUninterruptibly();
    }
  }

  private void next() {
    if (ready.isEmpty()) {
      ended.signalAll();
    } else {
      Actor chosen = ready.remove(random.nextInt(ready.size()));
      running = chosen;
      chosen.turn.signal();
    }
  }

  /// Whether the process of the running thread crashes, now.
  void crash() {
    Process process = self.get().process;
    process.crashed = true;
    throw new Crash();
  }

  /// Runs all threads to their ends.
  ///
  /// @return what the first of them failed with, or null
  @Nullable Throwable runAll() {
    lock.lock();
    try {
      next();
      while (running != null || !ready.isEmpty()) {
        ended.awaitUninterruptibly();
      }
      return failure;
    } finally {
      lock.unlock();
    }
  }

  long nanoTime() {
    return nanos;
  }
}

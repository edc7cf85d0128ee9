package io.querator.node.http;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives a connection its bytes, and notices that the client has gone while nobody asks for bytes.
///
/// Normally the thread of the connection reads the socket itself. When a handler wants to know of a
/// disconnect, a second virtual thread reads on in its place: what it gets is kept for the next
/// request, what it gets at the end of the stream is the signal. It stops after the first read that
/// ends later than the handler; until then the connection waits for it instead of reading, so that
/// there is never more than one reader.
final class ReadAhead {
  private static final Logger LOG = LoggerFactory.getLogger(ReadAhead.class);

  /// How much may be kept; then the client has to wait, unwatched.
  private static final int AHEAD_BYTES_MAX = 64 * 1024;

  private final Supplier<byte @Nullable []> socket;

  /// Guards everything below. Never held while reading or while an action runs.
  private final Lock lock = new ReentrantLock();

  private final Condition arrived = lock.newCondition();
  private final Queue<byte[]> ahead = new ArrayDeque<>();
  private int aheadBytes;
  private boolean reading;
  private boolean ended;
  private @Nullable RuntimeException failure;
  private @Nullable Watch watch;

  /// Whether the lock must be taken; false only while the thread of the connection is the only one
  /// to use this.
  private volatile boolean shared;

  /// @param socket blocks for the next bytes; null at the end of the stream
  ReadAhead(Supplier<byte @Nullable []> socket) {
    this.socket = socket;
  }

  /// The next bytes; null at the end of the stream. Called by the thread of the connection only,
  /// and never while a handler runs.
  ///
  /// @throws InterruptedException if it had to wait and was interrupted; the stream cannot be used
  ///   any more
  byte @Nullable [] next() throws InterruptedException {
    if (shared) {
      lock.lockInterruptibly();
      try {
        while (reading && ahead.isEmpty()) {
          arrived.await();
        }
        byte[] first = ahead.poll();
        if (first != null) {
          aheadBytes -= first.length;
          return first;
        }
        if (failure != null) {
          throw failure;
        }
        if (ended) {
          return null;
        }
        shared = false;
      } finally {
        lock.unlock();
      }
    }
    return socket.get();
  }

  /// The signal for one handler, which must be ended when the handler returns.
  Watch watch() {
    return new Watch();
  }

  private void read() {
    boolean more = true;
    while (more) {
      byte[] bytes = null;
      RuntimeException problem = null;
      try {
        bytes = socket.get();
      } catch (RuntimeException e) {
        problem = e;
      }
      more = bytes != null ? keep(bytes) : end(problem);
    }
  }

  private boolean keep(byte[] bytes) {
    lock.lock();
    try {
      ahead.add(bytes);
      aheadBytes += bytes.length;
      reading = watch != null && aheadBytes < AHEAD_BYTES_MAX;
      arrived.signalAll();
      return reading;
    } finally {
      lock.unlock();
    }
  }

  private boolean end(@Nullable RuntimeException problem) {
    List<Runnable> actions = List.of();
    lock.lock();
    try {
      ended = true;
      failure = problem;
      reading = false;
      arrived.signalAll();
      if (watch != null) {
        actions = List.copyOf(watch.actions);
        watch.disconnected = true;
      }
    } finally {
      lock.unlock();
    }
    actions.forEach(ReadAhead::run);
    return false;
  }

  private static void run(Runnable action) {
    try {
      action.run();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("a handler failed to notice a disconnect");
    }
  }

  /// Tells one handler of the disconnect.
  final class Watch implements Disconnect {
    private final List<Runnable> actions = new ArrayList<>(1);
    private volatile boolean over;
    private volatile boolean disconnected;

    private Watch() {}

    @Override
    public void onDisconnect(Runnable action) {
      shared = true; // before looking whether it is over: end() looks the other way round
      lock.lock();
      try {
        if (over) {
          return;
        }
        if (!ended) {
          actions.add(action);
          start();
          return;
        }
        disconnected = true;
      } finally {
        lock.unlock();
      }
      action.run();
    }

    @Override
    public boolean isDisconnected() {
      return disconnected;
    }

    /// From here on no action is started.
    void end() {
      over = true;
      if (!shared) {
        return;
      }
      lock.lock();
      try {
        watch = null;
        actions.clear();
      } finally {
        lock.unlock();
      }
    }

    private void start() {
      watch = this;
      if (!reading && aheadBytes < AHEAD_BYTES_MAX) {
        reading = true;
        Thread.ofVirtual().name("http-read-ahead").start(ReadAhead.this::read);
      }
    }
  }
}

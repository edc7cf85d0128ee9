package io.querator.chaos.network;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// A TCP proxy that stands for one link of a network, each direction of which can be cut, slow or
/// lose connections. Safe for use by many threads; each connection has two virtual threads.
public final class Link implements AutoCloseable {
  private static final int BACKLOG = 1_024;
  private static final int BUFFER_BYTES = 16_384;
  private static final int CONNECT_MILLIS = 5_000;
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final String name;
  private final Supplier<Optional<InetSocketAddress>> target;
  private final ServerSocket server;
  private final Set<Pair> pairs = ConcurrentHashMap.newKeySet();

  private final ReentrantLock lock = new ReentrantLock();
  private final java.util.concurrent.locks.Condition changed = lock.newCondition();

  /// Guarded by `lock`, as the next one.
  private Condition there = Condition.OPEN;

  private Condition back = Condition.OPEN;
  private volatile boolean refusing;
  private volatile boolean closed;

  /// The two sides of a connection.
  private record Pair(Socket near, Socket far, InetSocketAddress target) {
    void reset() {
      reset(near);
      reset(far);
    }

    private static void reset(Socket socket) {
      try {
        socket.setSoLinger(true, 0);
      } catch (IOException e) {
        // it is closed already
      }
      try {
        socket.close();
      } catch (IOException e) {
        // nothing is left to be done
      }
    }
  }

  /// See [#Link(String, InetAddress, Supplier)]; entered at the loopback address.
  public Link(String name, Supplier<Optional<InetSocketAddress>> target) throws IOException {
    this(name, InetAddress.getLoopbackAddress(), target);
  }

  /// @param entry the address where it is entered
  /// @param target where a new connection leads; if empty, it is reset
  public Link(String name, InetAddress entry, Supplier<Optional<InetSocketAddress>> target)
      throws IOException {
    this.name = requireNonNull(name, "name");
    this.target = requireNonNull(target, "target");
    server = new ServerSocket(0, BACKLOG, entry);
    Thread.ofVirtual().name("link " + name).start(this::accept);
  }

  /// Such as `n1 to n2`.
  public String name() {
    return name;
  }

  public int port() {
    return server.getLocalPort();
  }

  /// Where it is entered.
  public String entry() {
    return server.getInetAddress().getHostAddress() + ":" + port();
  }

  // What it does

  /// @param there for what goes to the target
  /// @param back for what comes from it
  public void set(Condition there, Condition back) {
    lock.lock();
    try {
      this.there = there;
      this.back = back;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /// Everything passes again.
  public void heal() {
    refusing = false;
    set(Condition.OPEN, Condition.OPEN);
  }

  /// Resets all connections, and each new one.
  public void refuse() {
    refusing = true;
    reset();
  }

  /// Resets all connections.
  public void reset() {
    pairs.forEach(Pair::reset);
  }

  /// Resets the connections that lead there.
  public void reset(InetSocketAddress address) {
    pairs.stream().filter(pair -> pair.target.equals(address)).forEach(Pair::reset);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    server.close();
    heal();
    reset();
  }

  // Its threads

  private void accept() {
    while (!closed) {
      try {
        Socket near = server.accept();
        Thread.ofVirtual().start(() -> serve(near));
      } catch (IOException e) {
        if (!closed) {
          throw new IllegalStateException("link " + name + " ended", e);
        }
      }
    }
  }

  private void serve(Socket near) {
    Socket far = new Socket();
    try {
      near.setTcpNoDelay(true);
      far.setTcpNoDelay(true);
      // a network that is cut answers no attempt to connect
      await(true);
      Optional<InetSocketAddress> address = refusing || closed ? Optional.empty() : target.get();
      if (address.isEmpty()) {
        new Pair(near, far, new InetSocketAddress(0)).reset();
        return;
      }
      far.connect(address.get(), CONNECT_MILLIS);
      Pair pair = new Pair(near, far, address.get());
      pairs.add(pair);
      if (refusing || closed) {
        pair.reset();
      }
      Thread.ofVirtual().start(() -> copy(pair, near, far, true));
      copy(pair, far, near, false);
    } catch (IOException e) {
      new Pair(near, far, new InetSocketAddress(0)).reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void copy(Pair pair, Socket from, Socket to, boolean forth) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream input = from.getInputStream();
      OutputStream output = to.getOutputStream();
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        if (!pass(forth, count)) {
          pair.reset();
          return;
        }
        output.write(buffer, 0, count);
        output.flush();
      }
      await(forth);
      to.shutdownOutput();
      if (from.isOutputShutdown()) {
        from.close();
        to.close();
      }
    } catch (IOException e) {
      pair.reset();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      pair.reset();
    } finally {
      if (from.isClosed() || to.isClosed()) {
        pairs.remove(pair);
      }
    }
  }

  /// Waits as long as bytes have to.
  ///
  /// @return false if they are lost
  private boolean pass(boolean forth, int bytes) throws InterruptedException {
    return switch (await(forth)) {
      case Condition.Lost _ -> false;
      case Condition.Slow(int millis, int bytesPerSecond) -> {
        pause(millis * NANOS_PER_MILLI + bytes * NANOS_PER_SECOND / bytesPerSecond);
        // it may have been cut meanwhile
        yield !(await(forth) instanceof Condition.Lost);
      }
      case Condition.Open _, Condition.Cut _ -> true;
    };
  }

  /// Waits while the direction is cut.
  private Condition await(boolean forth) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (!closed && (forth ? there : back) instanceof Condition.Cut) {
        changed.await();
      }
      return forth ? there : back;
    } finally {
      lock.unlock();
    }
  }

  private void pause(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long remaining = nanos;
      while (remaining > 0 && (there instanceof Condition.Slow || back instanceof Condition.Slow)) {
        remaining = changed.awaitNanos(remaining);
      }
    } finally {
      lock.unlock();
    }
  }
}

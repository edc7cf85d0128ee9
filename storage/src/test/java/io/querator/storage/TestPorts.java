package io.querator.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// Ports for servers that must be told theirs, and that come back to it.
public final class TestPorts {
  private static final int MIN = 20_000;
  private static final int MAX = 30_000;

  /// A byte of it is locked for each port that is taken, as long as this JVM lives.
  private static @Nullable FileChannel taken;

  private TestPorts() {}

  /// A port of 127.0.0.1 that no other test of this build gets while this JVM lives. It stays free
  /// also while connections are made: the system gives those higher ones.
  public static synchronized int reserve() {
    try {
      if (taken == null) {
        taken =
            FileChannel.open(
                TestDirectories.build().resolve("test-ports.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
      }
      while (true) {
        int port = ThreadLocalRandom.current().nextInt(MIN, MAX);
        if (isTaken(taken, port) || isInUse(port)) {
          continue;
        }
        return port;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isTaken(FileChannel taken, int port) throws IOException {
    try {
      return taken.tryLock(port, 1, false) == null;
    } catch (OverlappingFileLockException e) {
      return true; // by this JVM
    }
  }

  private static boolean isInUse(int port) throws IOException {
    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return false;
    } catch (BindException e) {
      return true;
    }
  }
}

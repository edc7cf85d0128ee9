package io.querator.benchmarks.sides;

import io.querator.node.process.CleanUp;
import io.querator.node.process.ProcessTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A program of a comparison, in a process that does not outlive this one. Its output goes to a
/// file.
final class Child implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;
  private static final long LOOK_MILLIS = 100;

  private final Process process;
  private final CleanUp cleanUp;
  private final Path output;
  private final List<Long> watched = new ArrayList<>();

  private Child(Process process, CleanUp cleanUp, Path output) {
    this.process = process;
    this.cleanUp = cleanUp;
    this.output = output;
  }

  static Child start(ProcessBuilder builder, Path output, CleanUp cleanUp) throws IOException {
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    Child child = new Child(process, cleanUp, output);
    child.watched.add(process.pid());
    cleanUp.watch(process.pid());
    return child;
  }

  /// Processor time of it and its children so far.
  Duration cpu() {
    return ProcessTimes.family(process.pid()).orElse(Duration.ZERO);
  }

  /// Waits until it listens.
  ///
  /// @throws UnavailableException if it does not
  void awaitPort(int port) throws IOException, InterruptedException, UnavailableException {
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < untilNanos && process.isAlive()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        watchAll();
        return;
      } catch (IOException e) {
        // until it listens or ends
        boolean _ = process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
    throw new UnavailableException("it does not start: " + Files.readString(output).strip());
  }

  /// Waits until it ends by itself.
  ///
  /// @throws LoadException if it fails
  void awaitEnd() throws IOException, InterruptedException {
    int status = process.waitFor();
    if (status != 0) {
      throw new LoadException(
          "it ended with %d: %s".formatted(status, Files.readString(output).strip()));
    }
  }

  /// What listens may be a child of a script.
  private void watchAll() throws IOException {
    for (long pid : process.descendants().mapToLong(ProcessHandle::pid).toArray()) {
      watched.add(pid);
      cleanUp.watch(pid);
    }
  }

  /// Ends it.
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      for (long pid : watched) {
        cleanUp.forget(pid);
      }
    } catch (IOException e) {
      throw new LoadException("nobody cleans up any more", e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

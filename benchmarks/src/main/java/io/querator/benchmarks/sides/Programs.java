package io.querator.benchmarks.sides;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Programs of this machine that are compared with.
final class Programs {
  private static final long START_SECONDS = 60;
  private static final long LOOK_MILLIS = 100;
  private static final List<String> PATH = List.of("/usr/local/bin", "/usr/bin", "/usr/sbin");

  private Programs() {}

  /// @throws UnavailableException if this machine has no such program
  static Path find(String name) throws UnavailableException {
    Optional<Path> found =
        PATH.stream().map(folder -> Path.of(folder, name)).filter(Files::isExecutable).findFirst();
    return found.orElseThrow(() ->
        new UnavailableException(
            "this machine has no " + name + "; --install installs it where it can"));
  }

  /// What a program prints.
  static String output(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    if (status != 0) {
      throw new IOException(
          Arrays.toString(command) + " ended with " + status + ": " + text.strip());
    }
    return text;
  }

  /// A port of this machine's own address that was free just now.
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// Waits until a process listens.
  ///
  /// @throws UnavailableException if it does not
  static void awaitPort(Process process, int port, Path log)
      throws IOException, InterruptedException, UnavailableException {
    long untilNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < untilNanos && process.isAlive()) {
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        return;
      } catch (IOException e) {
        // until it listens or ends
        boolean _ = process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
    }
    throw new UnavailableException("it does not start: " + Files.readString(log).strip());
  }

  /// Ends a process.
  static void stop(Process process) {
    process.destroy();
    try {
      if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

package io.querator.benchmarks.sides;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Programs of this machine that are compared with.
final class Programs {
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
}

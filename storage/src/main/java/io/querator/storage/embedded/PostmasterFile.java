package io.querator.storage.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What a running server writes of itself into its data directory (`postmaster.pid`, see
/// PostgreSQL's `pidfile.h`).
///
/// It stays behind when the server is killed or the machine crashes, so that it proves nothing by
/// itself.
///
/// @param port the TCP port, 1-65535, or 0 while the server has not got so far
/// @param status `starting`, `ready`, `stopping`, `standby`, or empty while the server has not got
///   so far
record PostmasterFile(long pid, int port, String status) {
  private static final int PID_LINE = 0;
  private static final int PORT_LINE = 3;
  private static final int STATUS_LINE = 7;

  /// Reads the file of the data in `cluster`; empty if there is none, or none with a process id.
  static Optional<PostmasterFile> read(Path cluster) {
    try {
      return parse(Files.readAllLines(path(cluster)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Optional<PostmasterFile> parse(List<String> lines) {
    try {
      String port = line(lines, PORT_LINE);
      return Optional.of(
          new PostmasterFile(
              Long.parseLong(line(lines, PID_LINE)),
              port.isEmpty() ? 0 : Integer.parseInt(port),
              line(lines, STATUS_LINE)));
    } catch (NumberFormatException e) {
      return Optional.empty(); // being written
    }
  }

  static Path path(Path cluster) {
    return cluster.resolve("postmaster.pid");
  }

  private static String line(List<String> lines, int index) {
    return index < lines.size() ? lines.get(index).strip() : "";
  }

  boolean isReady() {
    return status.equals("ready");
  }

  /// Whether a process with this number lives and is a PostgreSQL server, not necessarily this one.
  boolean isServer() {
    Path stat = Path.of("/proc", Long.toString(pid), "stat");
    if (Files.isDirectory(Path.of("/proc/self"))) {
      try {
        return isServer(Files.readString(stat));
      } catch (IOException e) {
        return false; // there is no such process, or no more
      }
    }
    return ProcessHandle.of(pid)
        .filter(ProcessHandle::isAlive)
        .map(process -> process.info().command().orElse("/postgres").endsWith("/postgres"))
        .orElse(false);
  }

  /// Whether Linux describes a living server so: `pid (name) state …`.
  ///
  /// A zombie is dead although it has a number: as process 1 of a container nobody collects it.
  static boolean isServer(String stat) {
    String name = stat.substring(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    char state = stat.charAt(stat.lastIndexOf(')') + 2);
    return name.equals("postgres") && state != 'Z' && state != 'X';
  }

  /// Whether some process or thread has the number, whatever it is.
  boolean isNumberInUse() {
    return Files.isDirectory(Path.of("/proc", Long.toString(pid)))
        || ProcessHandle.of(pid).isPresent();
  }
}

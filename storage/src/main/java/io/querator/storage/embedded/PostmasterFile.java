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

  /// Reads the file of the data in `cluster`; empty if there is none, or none with a process id in
  /// it.
  static Optional<PostmasterFile> read(Path cluster) {
    try {
      List<String> lines = Files.readAllLines(path(cluster));
      return Optional.of(
          new PostmasterFile(
              Long.parseLong(line(lines, PID_LINE)),
              line(lines, PORT_LINE).isEmpty() ? 0 : Integer.parseInt(line(lines, PORT_LINE)),
              line(lines, STATUS_LINE)));
    } catch (NoSuchFileException | NumberFormatException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path path(Path cluster) {
    return cluster.resolve("postmaster.pid");
  }

  private static String line(List<String> lines, int index) {
    return index < lines.size() ? lines.get(index).strip() : "";
  }

  /// Whether the process is alive and is a PostgreSQL server: after a crash of the machine its
  /// number may be given to anything, even to a thread of this JVM.
  boolean isAlive() {
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent() && isServer();
  }

  private boolean isServer() {
    Path stat = Path.of("/proc", Long.toString(pid), "stat");
    if (Files.exists(stat)) {
      try {
        // "pid (name) state …"; a zombie is dead although it has a number: its parent may never
        // collect it.
        String text = Files.readString(stat);
        String name = text.substring(text.indexOf('(') + 1, text.lastIndexOf(')'));
        char state = text.charAt(text.lastIndexOf(')') + 2);
        return name.equals("postgres") && state != 'Z' && state != 'X';
      } catch (IOException e) {
        return false; // gone meanwhile
      }
    }
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().command())
        .map(command -> command.endsWith("/postgres"))
        .orElse(true);
  }
}

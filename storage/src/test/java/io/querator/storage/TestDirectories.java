package io.querator.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Temporary directories of this JVM that vanish with it, together with every PostgreSQL, MySQL and
/// MariaDB server in them.
///
/// A small shell process waits for the end of a pipe, which the operating system closes however
/// this JVM ends; then it kills the servers and deletes the files.
public final class TestDirectories {
  /// Signals all servers, waits for their ends, says so by closing its output, and deletes. Again
  /// until nothing is left: one may have been starting, or a session of one may still write. The
  /// number of a server that was killed may be another process by now, which is left alone.
  private static final String WATCHER =
      """
      trap '' INT TERM HUP
      is_ours() {
        cwd=$(readlink "/proc/$1/cwd" 2>/dev/null)
        case ${cwd:-$(ps -o comm= -p "$1" 2>/dev/null)} in
          "$0"/* | postgres | */bin/postgres | mysqld | mariadbd) return 0 ;;
          *) return 1 ;;
        esac
      }
      cat >/dev/null
      rounds=0
      while [ -e "$0" ] && [ "$rounds" -lt 30 ]; do
        rounds=$((rounds + 1))
        pids=
        for pid in $(find "$0" -name postmaster.pid -exec head -n 1 {} \\; 2>/dev/null); do
          is_ours "$pid" && kill -QUIT "$pid" && pids="$pids $pid"
        done
        for pid in $(find "$0" -name mysqld.pid -exec head -n 1 {} \\; 2>/dev/null); do
          is_ours "$pid" && kill -KILL "$pid" && pids="$pids $pid"
        done
        for pid in $pids; do
          tries=0
          while is_ours "$pid"; do
            tries=$((tries + 1))
            [ "$tries" -eq 50 ] && kill -KILL "$pid"
            [ "$tries" -eq 100 ] && break
            sleep 0.1
          done
        done
        exec >/dev/null
        rm -rf "$0" || sleep 1
      done
      """;

  private static final Duration END_TIMEOUT = Duration.ofSeconds(15);

  private static @Nullable Path root;

  private TestDirectories() {}

  /// A new, empty directory, which other accounts may pass through.
  public static Path create(String name) throws IOException {
    Path directory = Files.createTempDirectory(root(), name + "-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    return directory;
  }

  /// A folder for the tests of all modules, which stays from one run to the next: in the build
  /// folder of the project, if any account can get there, else a temporary one of this JVM.
  public static Path shared(String name) {
    try {
      Path build = build();
      Path folder = (isOpenToAll(build) ? build : root().resolve("shared")).resolve(name);
      if (!Files.exists(folder)) {
        Files.createDirectories(folder);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The build folder of the uppermost folder that Maven builds; a temporary one where there is
  /// none.
  static Path build() throws IOException {
    Path project = null;
    for (Path path = Path.of("").toAbsolutePath(); path != null; path = path.getParent()) {
      if (Files.exists(path.resolve("pom.xml"))) {
        project = path;
      }
    }
    return project == null ? root() : Files.createDirectories(project.resolve("target"));
  }

  /// Something that takes long and that one process can do for all.
  public interface Preparation {
    void run() throws IOException;
  }

  /// Prepares something in `folder` while nobody else does, in this JVM or in another one.
  public static void prepareAlone(Path folder, Preparation preparation) throws IOException {
    synchronized (TestDirectories.class) {
      try (FileChannel file =
              FileChannel.open(
                  folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = file.lock()) {
        preparation.run();
      }
    }
  }

  private static boolean isOpenToAll(Path directory) {
    try {
      for (Path path = directory; path != null; path = path.getParent()) {
        if (!Files.getPosixFilePermissions(path).contains(PosixFilePermission.OTHERS_EXECUTE)) {
          return false;
        }
      }
      return true;
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
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(watcher)));
      root = directory;
    }
    return root;
  }

  /// Lets the watcher go, and waits until the servers are gone; the files go a little later.
  private static void end(Process watcher) {
    try {
      watcher.getOutputStream().close();
      Thread reader = Thread.ofPlatform().daemon().start(() -> readToEnd(watcher));
      reader.join(END_TIMEOUT);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void readToEnd(Process watcher) {
    try (InputStream output = watcher.getInputStream()) {
      output.transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// One run of another program that ends by itself, with what it printed.
record Command(List<String> words) {
  /// The most output kept of one run, in bytes; what is printed first is dropped first.
  static final int OUTPUT_BYTES = 64 * 1024;

  static final Duration REPORT_INTERVAL = Duration.ofSeconds(10);

  Command {
    words = List.copyOf(words);
  }

  /// What a program said (both streams, stripped) and with which status it ended.
  record Outcome(int status, String output) {
    boolean succeeded() {
      return status == 0;
    }
  }

  /// Runs the program and waits for its end.
  ///
  /// Its working directory is `/`, which every account may enter; PostgreSQL's own environment
  /// variables are removed.
  ///
  /// @throws StorageException.Unavailable if it cannot be run, or did not end within `timeout` (it
  ///   is killed then)
  Outcome run(Duration timeout) {
    return run(timeout, _ -> {});
  }

  /// Like [#run(Duration)]; tells `waiting`, every [#REPORT_INTERVAL], how long it has been
  /// waiting.
  Outcome run(Duration timeout, Consumer<Duration> waiting) {
    var builder =
        new ProcessBuilder(words).directory(Path.of("/").toFile()).redirectErrorStream(true);
    var environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LD_"));
    environment.put("LC_ALL", "C");
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      var output = new Tail(OUTPUT_BYTES);
      // a read of a pipe holds the thread that a virtual one runs on
      Thread reader =
          Thread.ofPlatform()
              .daemon()
              .name("output-" + process.pid())
              .start(() -> copy(process.getInputStream(), output));
      if (!ended(process, timeout, waiting)) {
        process.destroyForcibly();
        throw new StorageException.Unavailable(
            program() + " did not end within " + timeout.toMillis() / 1e3 + " s: " + output, null);
      }
      // A child that it left behind may hold the pipe open: what was printed up to now is enough.
      reader.join(Duration.ofSeconds(2));
      return new Outcome(process.exitValue(), output.toString());
    } catch (IOException e) {
      throw new StorageException.Unavailable("cannot run " + program() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("interrupted while " + program() + " ran", e);
    }
  }

  private static boolean ended(Process process, Duration timeout, Consumer<Duration> waiting)
      throws InterruptedException {
    try {
      Duration waited = Duration.ZERO;
      while (waited.compareTo(timeout) < 0) {
        Duration left = timeout.minus(waited);
        Duration slice = left.compareTo(REPORT_INTERVAL) < 0 ? left : REPORT_INTERVAL;
        if (process.waitFor(slice.toMillis(), TimeUnit.MILLISECONDS)) {
          return true;
        }
        waited = waited.plus(slice);
        waiting.accept(waited);
      }
      return false;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  private String program() {
    return words.getFirst();
  }

  private static void copy(InputStream from, Tail to) {
    var buffer = new byte[8192];
    try (from) {
      for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
        to.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      to.append("(output lost: " + e.getMessage() + ")");
    }
  }

  /// The last characters of an output. Shared by the thread that reads and the one that waits,
  /// hence the lock.
  private static final class Tail {
    private final StringBuilder text = new StringBuilder();
    private final int most;

    Tail(int most) {
      this.most = most;
    }

    synchronized void append(String more) {
      text.append(more);
      if (text.length() > most) {
        text.delete(0, text.length() - most);
      }
    }

    @Override
    public synchronized String toString() {
      return text.toString().strip();
    }
  }
}

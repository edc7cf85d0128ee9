package io.querator.node.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/// A process that ends nodes and their embedded database and removes their directory as soon as
/// this JVM is gone, however it ends, `kill -9` included. It learns that from the end of its input.
///
/// Safe for use by many threads.
public final class CleanUp implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;

  private static final String SCRIPT =
      """
      trap '' INT TERM HUP
      nodes=
      while read -r line; do nodes=$line; done
      for node in $nodes; do kill -9 "$node" 2>/dev/null; done
      database=
      if [ -f "$1/postgres/cluster/postmaster.pid" ]; then
        read -r database <"$1/postgres/cluster/postmaster.pid"
      fi
      if [ -n "$database" ] && kill -QUIT "$database" 2>/dev/null; then
        tries=0
        # the file is removed by the server; its process may stay as a zombie where init reaps none
        while [ -f "$1/postgres/cluster/postmaster.pid" ] && kill -0 "$database" 2>/dev/null && [ "$tries" -lt 100 ]; do
          sleep 0.1
          tries=$((tries + 1))
        done
        kill -9 "$database" 2>/dev/null
      fi
      rm -rf "$1" || { sleep 1; rm -rf "$1"; }
      """;

  private final Process process;
  private final Set<Long> nodes = new TreeSet<>();

  /// @param directory that is removed, in which the database is `postgres`
  public CleanUp(Path directory) throws IOException {
    process =
        new ProcessBuilder("sh", "-c", SCRIPT, "querator-clean-up", directory.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
  }

  /// A node that is to be ended.
  public synchronized void watch(long pid) throws IOException {
    nodes.add(pid);
    tell();
  }

  /// It has ended.
  public synchronized void forget(long pid) throws IOException {
    nodes.remove(pid);
    tell();
  }

  /// The last line counts.
  private void tell() throws IOException {
    String line = nodes.stream().map(String::valueOf).collect(Collectors.joining(" "));
    OutputStream input = process.getOutputStream();
    input.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
    input.flush();
  }

  /// Has it done at once, and waits for that.
  @Override
  public void close() throws IOException {
    process.getOutputStream().close();
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("the temporary directory could not be removed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}

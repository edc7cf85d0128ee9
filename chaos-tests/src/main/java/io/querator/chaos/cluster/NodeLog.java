package io.querator.chaos.cluster;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The file with all that the processes of one node have printed, one after the other. Safe for use
/// by many threads.
///
/// What cannot be written does not hold up the node; it is told in the end.
final class NodeLog implements AutoCloseable {
  /// Characters; a node prints a few lines a second where everything is broken.
  static final long LENGTH_MAX = 64L * 1024 * 1024;

  private final BufferedWriter file;
  private long left;
  private @Nullable IOException failure;
  private boolean full;
  private boolean closed;

  /// @param path of a file that is replaced
  /// @param lengthMax characters that are kept
  NodeLog(Path path, long lengthMax) throws IOException {
    file = Files.newBufferedWriter(path, StandardCharsets.UTF_8);
    left = lengthMax;
  }

  synchronized void add(String line) {
    if (closed || full || failure != null) {
      return;
    }
    try {
      if (line.length() < left) {
        left -= line.length() + 1;
        file.write(line);
      } else {
        full = true;
        file.write("what follows is not kept");
      }
      file.newLine();
      file.flush();
    } catch (IOException e) {
      failure = e;
    }
  }

  /// What comes later is not kept.
  ///
  /// @throws IOException if something could not be written
  @Override
  public synchronized void close() throws IOException {
    closed = true;
    try (file) {
      if (failure != null) {
        throw failure;
      }
    }
  }
}

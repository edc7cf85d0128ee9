package io.querator.chaos.history;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A history as a file: JSON, an entry a line, in the order in which they ended.
public final class History implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Guarded by this.
  private final BufferedWriter writer;

  private boolean closed;

  /// Begins a new one.
  public History(Path file) throws IOException {
    writer = Files.newBufferedWriter(file);
  }

  /// Adds an entry; of no effect once it is closed. For many threads.
  public synchronized void add(Entry entry) {
    if (closed) {
      return;
    }
    try {
      writer.write(JSON.writerFor(Entry.class).writeValueAsString(entry));
      writer.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    closed = true;
    writer.close();
  }

  /// Reads one.
  ///
  /// @throws IOException if it cannot be read or a line is none of a history
  public static List<Entry> read(Path file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        entries.add(JSON.readValue(line, Entry.class));
      }
    }
    return entries;
  }
}

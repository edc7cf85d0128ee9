package io.querator.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/// The clock of this machine, which somebody may set at any moment.
final class WallClock {
  /// A system property for tests: a file that holds the milliseconds by which this process' clock
  /// is ahead, and which may change.
  private static final String FILE = "querator.clock-offset-file";

  private WallClock() {}

  static InstantSource system() {
    String file = System.getProperty(FILE);
    return file == null ? InstantSource.system() : () -> moved(Path.of(file));
  }

  private static Instant moved(Path file) {
    try {
      return Instant.now().plusMillis(Long.parseLong(Files.readString(file).strip()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

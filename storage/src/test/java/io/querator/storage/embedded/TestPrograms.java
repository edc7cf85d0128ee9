package io.querator.storage.embedded;

import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/// The server's programs for processes that would unpack them into a directory of their own, which
/// costs them several seconds of a processor.
public final class TestPrograms {
  private TestPrograms() {}

  /// Has a server whose data will be in `directory` find them there, as links if possible; of no
  /// effect if the directory is there.
  public static void provide(Path directory) throws IOException {
    if (Files.exists(directory)) {
      return;
    }
    Path shared = Files.createDirectories(TestDirectories.programs());
    Path unpacked = PostgresBinaries.find().unpack(shared, System.out::println);
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

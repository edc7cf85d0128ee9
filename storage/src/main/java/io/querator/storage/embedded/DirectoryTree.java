package io.querator.storage.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/// A directory with all that is in it. Links are never followed.
record DirectoryTree(Path root) {
  /// How many files there are and how long they are together.
  record Extent(long files, long bytes) {}

  /// Deletes it all; does nothing if it is absent. What another process deletes meanwhile is no
  /// error.
  void delete() throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /// Measures the regular files, except the one called `except`.
  Extent extent(String except) throws IOException {
    var counter =
        new SimpleFileVisitor<Path>() {
          private long files;
          private long bytes;

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile() && !file.endsWith(except)) {
              files++;
              bytes += attributes.size();
            }
            return FileVisitResult.CONTINUE;
          }
        };
    Files.walkFileTree(root, counter);
    return new Extent(counter.files, counter.bytes);
  }
}

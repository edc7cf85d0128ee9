package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.function.Consumer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;
import org.jspecify.annotations.Nullable;

/// The server's programs for this platform, as an archive on the class path.
///
/// @param resource the archive's name at the root of the class path
/// @param folder the name of the folder that they are unpacked into; it names the version and the
///   content, so that another archive never meets an older folder
record PostgresBinaries(String resource, String folder) {
  static final int MAJOR_VERSION = 17;

  /// Finds the archive for the operating system and processor of this JVM.
  ///
  /// @throws StorageException.Corrupt if there is none
  static PostgresBinaries find() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String cpu = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String resource = resource(os, cpu);
    try (InputStream archive = resource == null ? null : open(resource)) {
      if (resource == null || archive == null) {
        throw new StorageException.Corrupt(
            "no embedded PostgreSQL for %s on %s; name a database to use instead"
                .formatted(os, cpu),
            null);
      }
      return new PostgresBinaries(resource, "postgresql-" + MAJOR_VERSION + "-" + digest(archive));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static @Nullable String resource(String os, String cpu) {
    String system = os.contains("linux") ? "linux" : os.contains("mac") ? "darwin" : null;
    String machine =
        switch (cpu) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm_64";
          default -> null;
        };
    return system == null || machine == null ? null : "postgres-" + system + "-" + machine + ".txz";
  }

  /// The folder with `bin`, `lib` and `share` under `parent`, unpacked unless it is there already.
  ///
  /// It appears all at once: a process that dies meanwhile, or two that unpack at the same time,
  /// leave no half of one.
  Path unpack(Path parent, Consumer<String> progress) throws IOException {
    Path target = parent.resolve(folder);
    if (Files.isDirectory(target)) {
      return target;
    }
    progress.accept("unpacking PostgreSQL " + MAJOR_VERSION + " into " + target);
    Path fresh = Files.createTempDirectory(parent, ".unpack-");
    try {
      extract(fresh);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      delete(fresh);
      if (!Files.isDirectory(target)) {
        throw e;
      }
      // Another process was first.
    }
    return target;
  }

  private void extract(Path into) throws IOException {
    try (InputStream archive = open(resource);
        var tar =
            new TarArchiveInputStream(
                new XZCompressorInputStream(new BufferedInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = inside(into, into.resolve(entry.getName()));
        if (entry.isDirectory()) {
          Files.createDirectories(path);
        } else if (entry.isSymbolicLink()) {
          Files.createDirectories(path.getParent());
          inside(into, path.resolveSibling(entry.getLinkName()));
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
          Files.createDirectories(path.getParent());
          Files.createLink(path, inside(into, into.resolve(entry.getLinkName())));
        } else {
          Files.createDirectories(path.getParent());
          Files.copy(tar, path);
          boolean executable = (entry.getMode() & 0100) != 0;
          Files.setPosixFilePermissions(
              path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
      }
    }
    // The account that runs the server is not always ours, and our umask may be strict.
    try (var paths = Files.walk(into)) {
      for (Path path : (Iterable<Path>) paths.filter(p -> Files.isDirectory(p))::iterator) {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
  }

  private static Path inside(Path root, Path path) throws IOException {
    if (!path.normalize().startsWith(root)) {
      throw new IOException("archive entry leaves its folder: " + path);
    }
    return path.normalize();
  }

  private static InputStream open(String resource) {
    return PostgresBinaries.class.getResourceAsStream("/" + resource);
  }

  private static String digest(InputStream archive) throws IOException {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(archive, digest).transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(digest.digest(), 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /// Deletes `directory` and all that is in it; does nothing if it is absent.
  static void delete(Path directory) throws IOException {
    if (!Files.exists(directory, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

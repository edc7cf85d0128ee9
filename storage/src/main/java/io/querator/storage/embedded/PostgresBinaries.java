package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZInputStream;

/// The server's programs for this platform, as an archive on the class path.
///
/// @param resource the archive's name at the root of the class path
/// @param folder the name of the folder that they are unpacked into; it names the version and the
///   content, so that another archive never meets an older folder
record PostgresBinaries(String resource, String folder) {
  static final int MAJOR_VERSION = 17;

  /// How the names of all folders begin that hold the programs of some version.
  static final String FOLDER_PREFIX = "postgresql-";

  /// How the names of folders begin that are being unpacked.
  static final String UNFINISHED_PREFIX = ".unpack-";

  /// Says what the folder must hold. After a crash of the machine files may be short or missing.
  private static final String MANIFEST = "unpacked";

  private static final int EXECUTABLE = 0100;
  private static final Set<PosixFilePermission> FOR_ALL_TO_RUN =
      PosixFilePermissions.fromString("rwxr-xr-x");
  private static final Set<PosixFilePermission> FOR_ALL_TO_READ =
      PosixFilePermissions.fromString("rw-r--r--");

  /// Finds the archive for the operating system and processor of this JVM.
  ///
  /// @throws StorageException.Corrupt if there is none
  static PostgresBinaries find() {
    String system = System.getProperty("os.name", "");
    String processor = System.getProperty("os.arch", "");
    String resource = resource(system, processor);
    URL archive = resource == null ? null : PostgresBinaries.class.getResource("/" + resource);
    if (resource == null || archive == null) {
      throw new StorageException.Corrupt(
          "there is no embedded PostgreSQL for %s on %s; configure a database of your own"
              .formatted(system, processor),
          null);
    }
    try {
      return new PostgresBinaries(
          resource, FOLDER_PREFIX + MAJOR_VERSION + "-" + fingerprint(archive));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The archive's name for Java's `os.name` and `os.arch`; null if nobody makes one.
  static @Nullable String resource(String osName, String osArch) {
    String name = osName.toLowerCase(Locale.ROOT);
    String system = name.contains("linux") ? "linux" : name.contains("mac") ? "darwin" : null;
    String processor =
        switch (osArch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "x86_64";
          case "aarch64", "arm64" -> "arm_64";
          default -> null;
        };
    return system == null || processor == null
        ? null
        : "postgres-" + system + "-" + processor + ".txz";
  }

  /// Whether the folder under `parent` is there, with all its files.
  boolean isUnpacked(Path parent) throws IOException {
    Path target = parent.resolve(folder);
    try {
      return Files.readString(target.resolve(MANIFEST)).equals(manifest(target));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /// The folder with `bin`, `lib` and `share` under `parent`, unpacked unless it is there already.
  ///
  /// It appears all at once: a process that dies meanwhile, or two that unpack at the same time,
  /// leave no half of one.
  Path unpack(Path parent, Consumer<String> progress) throws IOException {
    Path target = parent.resolve(folder);
    if (isUnpacked(parent)) {
      return target;
    }
    progress.accept("unpacking PostgreSQL " + MAJOR_VERSION + " into " + target);
    Path fresh = Files.createTempDirectory(parent, UNFINISHED_PREFIX);
    try {
      extract(fresh);
      Files.writeString(fresh.resolve(MANIFEST), manifest(fresh));
      makeReadable(fresh);
      if (Files.exists(target) && !isUnpacked(parent)) {
        new DirectoryTree(target).delete();
      }
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      new DirectoryTree(fresh).delete();
      if (!isUnpacked(parent)) { // else another process was first
        throw e;
      }
    }
    return target;
  }

  private void extract(Path into) throws IOException {
    try (InputStream archive = PostgresBinaries.class.getResourceAsStream("/" + resource);
        var tar = new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        extract(entry, tar, into);
      }
    }
  }

  private static void extract(TarArchiveEntry entry, InputStream content, Path root)
      throws IOException {
    Path path = inside(root, root.resolve(entry.getName()));
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    Files.createDirectories(path.getParent());
    if (entry.isSymbolicLink()) {
      inside(root, path.resolveSibling(entry.getLinkName()));
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
    } else if (entry.isLink()) {
      Files.createLink(path, inside(root, root.resolve(entry.getLinkName())));
    } else {
      Files.copy(content, path);
      boolean executable = (entry.getMode() & EXECUTABLE) != 0;
      Files.setPosixFilePermissions(path, executable ? FOR_ALL_TO_RUN : FOR_ALL_TO_READ);
    }
  }

  private static Path inside(Path root, Path path) throws IOException {
    Path normal = path.normalize();
    if (!normal.startsWith(root)) {
      throw new IOException("archive entry leaves its folder: " + path);
    }
    return normal;
  }

  /// Opens the folders: the account that runs the server is not always ours, and our umask may be
  /// strict.
  private static void makeReadable(Path root) throws IOException {
    Files.setPosixFilePermissions(root.resolve(MANIFEST), FOR_ALL_TO_READ);
    try (var paths = Files.walk(root)) {
      for (Path directory : paths.filter(Files::isDirectory).toList()) {
        Files.setPosixFilePermissions(directory, FOR_ALL_TO_RUN);
      }
    }
  }

  private static String manifest(Path root) throws IOException {
    DirectoryTree.Extent extent = new DirectoryTree(root).extent(MANIFEST);
    return "%d files, %d bytes%n".formatted(extent.files(), extent.bytes());
  }

  /// The checksum and size of the archive, as the jar around it tells them: reading 15 MB for a
  /// digest took a sixth of a node's start.
  private static String fingerprint(URL archive) throws IOException {
    if (!(archive.openConnection() instanceof JarURLConnection inside)) {
      throw new IOException("not in a jar: " + archive);
    }
    JarEntry entry = inside.getJarEntry();
    return "%08x-%d".formatted(entry.getCrc(), entry.getSize());
  }
}

package io.querator.storage.embedded;

import com.sun.security.auth.module.UnixSystem;
import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/// Where the server's programs are unpacked to: a place that the server's account can get to.
///
/// Unlike the data they may be lost at any time: they are unpacked again.
final class ProgramsFolder {
  private ProgramsFolder() {}

  /// The first of `wanted`, `data` and the system's cache folders that the account can get to.
  static Path choose(Path wanted, Path data, ServerAccount account) throws IOException {
    for (Path folder : List.of(wanted, data)) {
      if (DataDirectory.isPlain(folder) && DataDirectory.canEnter(account, folder)) {
        return folder;
      }
    }
    var tried = new ArrayList<String>();
    for (Path folder : shared()) {
      try {
        if (!Files.isDirectory(folder)) {
          Files.createDirectories(folder);
          Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        if (isOurs(folder) && DataDirectory.canEnter(account, folder)) {
          return folder;
        }
        tried.add(folder.toString());
      } catch (IOException e) {
        tried.add(folder + " (" + e.getMessage() + ")");
      }
    }
    throw new StorageException.Corrupt(
        "%s, as which PostgreSQL runs, cannot get to %s, nor to any of %s"
            .formatted(account, wanted, tried),
        null);
  }

  private static List<Path> shared() {
    return List.of(
        Path.of("/var/cache/querator"),
        Path.of("/var/lib/querator"),
        Path.of(
            System.getProperty("java.io.tmpdir"),
            "querator-" + ProcessHandle.current().info().user().orElse("user")));
  }

  /// Whether the folder belongs to us and nobody else can put his own programs there.
  private static boolean isOurs(Path folder) throws IOException {
    return !Files.isSymbolicLink(folder)
        && DataDirectory.unixAttribute(folder, "uid") == new UnixSystem().getUid()
        && !Files.getPosixFilePermissions(folder).contains(PosixFilePermission.GROUP_WRITE)
        && !Files.getPosixFilePermissions(folder).contains(PosixFilePermission.OTHERS_WRITE);
  }
}

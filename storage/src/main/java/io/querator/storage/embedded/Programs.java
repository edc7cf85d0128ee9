package io.querator.storage.embedded;

import com.sun.security.auth.module.UnixSystem;
import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The server's programs where they are unpacked: a place from which the server's account can run
/// them.
///
/// Unlike the data they may be lost at any time: they are unpacked again.
record Programs(Path folder) {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  /// Unpacks the programs, unless they are there, into the first of `wanted`, the data directory
  /// and the system's cache folders from which `account` can run them.
  ///
  /// @throws StorageException.Corrupt if there is no such place; the message says why for each
  static Programs unpack(Path wanted, Path data, ServerAccount account, Consumer<String> progress) {
    PostgresBinaries binaries = PostgresBinaries.find();
    var refusals = new ArrayList<String>();
    for (Path parent : candidates(wanted, data)) {
      try {
        return unpack(binaries, parent, account, progress);
      } catch (IOException | StorageException e) {
        refusals.add(parent + ": " + e.getMessage());
        progress.accept("cannot run PostgreSQL from " + refusals.getLast());
      }
    }
    throw new StorageException.Corrupt(
        "PostgreSQL's programs cannot be run by %s from any of these places:\n%s"
            .formatted(account, String.join("\n", refusals)),
        null);
  }

  private static Programs unpack(
      PostgresBinaries binaries, Path parent, ServerAccount account, Consumer<String> progress)
      throws IOException {
    prepare(parent);
    if (!binaries.isUnpacked(parent)) {
      checkRunnable(parent, account);
    }
    var programs = new Programs(binaries.unpack(parent, progress));
    programs.check(account);
    return programs;
  }

  private static List<Path> candidates(Path wanted, Path data) {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    return Stream.of(
            wanted,
            data,
            Path.of("/var/cache/querator"),
            Path.of("/var/lib/querator"),
            temporary.resolve("querator-programs-" + new UnixSystem().getUid()))
        .distinct()
        .toList();
  }

  /// Makes `parent` if it is absent, and refuses it if somebody other than us and root could put
  /// his own programs there.
  private static void prepare(Path parent) throws IOException {
    if (!Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectories(parent);
      Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    var permissions = Files.getPosixFilePermissions(parent, LinkOption.NOFOLLOW_LINKS);
    if (!Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)
        || permissions.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException("not a directory, or everybody may write to it");
    }
    int owner = DataDirectory.unixAttribute(parent, "uid");
    if (owner != 0 && owner != new UnixSystem().getUid()) {
      throw new IOException("belongs to another user");
    }
  }

  /// Tries with an empty file, before 60 MB are unpacked for nothing: the folders above may be
  /// closed to the account, or the file system mounted so that nothing can be run from it.
  private static void checkRunnable(Path parent, ServerAccount account) throws IOException {
    if (!DataDirectory.isPlain(parent)) {
      throw new IOException("its path has characters that a shell would change");
    }
    Path probe = Files.createTempFile(parent, ".probe-", "");
    try {
      Files.setPosixFilePermissions(probe, PosixFilePermissions.fromString("rwxr-xr-x"));
      var outcome =
          new Command(account.command(List.of("sh", "-c", "[ -x \"$0\" ]", probe.toString())))
              .run(TIMEOUT);
      if (!outcome.succeeded()) {
        throw new IOException("closed to " + account + ", or mounted noexec");
      }
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  private void check(ServerAccount account) {
    var outcome =
        new Command(account.command(List.of(program("postgres"), "--version"))).run(TIMEOUT);
    if (!outcome.succeeded()) {
      throw new StorageException.Unavailable(
          "does not run (it needs a Linux with glibc, or macOS): " + outcome.output(), null);
    }
  }

  /// The path of a program.
  String program(String name) {
    return folder.resolve("bin").resolve(name).toString();
  }

  /// Deletes what other versions, or unpacking that was broken off, left in `parent`, which is ours
  /// alone.
  void deleteOthers(Path parent) throws IOException {
    try (var paths = Files.list(parent)) {
      for (Path path : paths.toList()) {
        String name = path.getFileName().toString();
        boolean programs =
            name.startsWith(PostgresBinaries.FOLDER_PREFIX)
                || name.startsWith(PostgresBinaries.UNFINISHED_PREFIX);
        if (programs && !path.equals(folder)) {
          new DirectoryTree(path).delete();
        }
      }
    }
  }
}

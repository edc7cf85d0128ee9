package io.querator.storage.embedded;

import static java.util.Objects.requireNonNull;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The files of one embedded server, and how its account gets at them.
///
/// ```
/// lock           held by the process that uses the directory, with its pid
/// password       the superuser's password, readable by the directory's owner alone
/// port           the TCP port of the last start
/// cluster/       PostgreSQL's data, owned by the server's account
/// log/           the server's log, owned by the server's account
/// new-…/         data being created, or left by a process that was killed meanwhile
/// postgresql-…/  the server's programs, unless they are kept elsewhere
/// ```
///
/// Where the server runs as another account than ours, that account may not be allowed to pass
/// through the folders above (a checkout under `/root`). On Linux it is then handed the directory
/// as an open file descriptor, and names its files through that: `/proc/self/fd/9/cluster`. So the
/// data always stays where the user wanted it.
final class DataDirectory {
  /// The number that the server knows the directory by. A single digit: a POSIX shell opens no
  /// other.
  static final int DESCRIPTOR = 9;

  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final String WORKSHOP_PREFIX = "new-";
  private static final Set<PosixFilePermission> PRIVATE_FILE =
      PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> PASSABLE =
      PosixFilePermissions.fromString("rwx--x--x");

  private final Path root;
  private final ServerAccount account;
  private final boolean throughDescriptor;

  private DataDirectory(Path root, ServerAccount account, boolean throughDescriptor) {
    this.root = root;
    this.account = account;
    this.throughDescriptor = throughDescriptor;
  }

  /// Prepares `root`, an existing directory that we have locked, for a server that runs as
  /// `account`.
  ///
  /// @throws StorageException.Corrupt if the account cannot be brought there
  static DataDirectory prepare(Path root, ServerAccount account) throws IOException {
    Files.setPosixFilePermissions(root, openings(account));
    boolean direct = isPlain(root) && canEnter(account, root);
    if (!direct && !Files.isDirectory(DESCRIPTORS)) {
      throw new StorageException.Corrupt(
          "%s cannot be reached by %s, as which PostgreSQL has to run, or has characters that a shell would change; choose another directory"
              .formatted(root, account),
          null);
    }
    var directory = new DataDirectory(root, account, !direct);
    directory.keepOwner(lock(root));
    directory.createOwned(directory.log());
    return directory;
  }

  /// Whether `account` can pass through all folders down to `directory`.
  private static boolean canEnter(ServerAccount account, Path directory) {
    return account instanceof ServerAccount.Own
        || new Command(account.command(List.of("sh", "-c", "cd \"$0\"", directory.toString())))
            .run(ServerAccount.TIMEOUT)
            .succeeded();
  }

  private static Set<PosixFilePermission> openings(ServerAccount account) {
    return account instanceof ServerAccount.Own ? PRIVATE : PASSABLE;
  }

  /// Whether the path survives the double quotes that `pg_ctl` puts around it in a shell command.
  static boolean isPlain(Path path) {
    return path.toString().chars().noneMatch(c -> "\"$`\\\n\r".indexOf(c) >= 0);
  }

  Path root() {
    return root;
  }

  Path cluster() {
    return root.resolve("cluster");
  }

  Path log() {
    return root.resolve("log");
  }

  static Path lock(Path root) {
    return root.resolve("lock");
  }

  /// How the server names `path`, which is inside of this directory.
  String seenByServer(Path path) {
    return throughDescriptor
        ? DESCRIPTORS
            .resolve(Integer.toString(DESCRIPTOR))
            .resolve(root.relativize(path))
            .toString()
        : path.toString();
  }

  /// The command that runs `words` as the server's account, with the directory within its reach.
  Command command(List<String> words) {
    List<String> switched = account.command(words);
    if (!throughDescriptor) {
      return new Command(switched);
    }
    String open = "exec " + DESCRIPTOR + "<\"$0\" && exec \"$@\"";
    var all = new ArrayList<>(List.of("/bin/sh", "-c", open, root.toString()));
    all.addAll(switched);
    return new Command(all);
  }

  /// Makes a directory for the server's account alone, unless it exists.
  void createOwned(Path directory) throws IOException {
    if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
    } else if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException(directory + " is not a directory");
    }
    giveAway(directory);
  }

  /// Makes a folder to create data in, where nothing is yet and no other process looks.
  Path createWorkshop() throws IOException {
    Path workshop = Files.createTempDirectory(root, WORKSHOP_PREFIX);
    Files.setPosixFilePermissions(workshop, openings(account));
    return workshop;
  }

  /// Deletes what processes that were killed have left, except what they still write to.
  void deleteWorkshops() throws IOException {
    try (var workshops = Files.newDirectoryStream(root, WORKSHOP_PREFIX + "*")) {
      for (Path workshop : workshops) {
        new DirectoryTree(workshop).delete();
      }
    } catch (DirectoryNotEmptyException e) {
      // An orphaned initdb is at work there and fails now; the next one deletes the rest.
    }
  }

  /// Writes a file that the server's account can read, and no one else but root.
  void writeOwned(Path file, String text) throws IOException {
    write(file, text);
    giveAway(file);
  }

  Optional<String> password() {
    return read(root.resolve("password"));
  }

  void rememberPassword(String password) throws IOException {
    write(root.resolve("password"), password + "\n");
  }

  Optional<Integer> port() {
    return read(root.resolve("port"))
        .filter(text -> text.matches("[1-9][0-9]{0,4}"))
        .map(Integer::valueOf)
        .filter(port -> port <= 65_535);
  }

  void rememberPort(int port) throws IOException {
    write(root.resolve("port"), port + "\n");
  }

  private static Optional<String> read(Path file) {
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes the whole file or nothing, on the disk before it returns.
  private void write(Path file, String text) throws IOException {
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PRIVATE_FILE));
    Files.writeString(fresh, text, StandardCharsets.US_ASCII);
    keepOwner(fresh);
    force(fresh);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    force(requireNonNull(file.getParent()));
  }

  /// Makes the directory's owner the file's, so that a start as root does not lock an ordinary user
  /// out.
  private void keepOwner(Path file) throws IOException {
    if (account instanceof ServerAccount.Other) {
      chown(file, unixAttribute(root, "uid"), unixAttribute(root, "gid"));
    }
  }

  private void giveAway(Path path) throws IOException {
    if (account instanceof ServerAccount.Other) {
      chown(path, account.uid(), account.gid());
    }
  }

  private static void chown(Path path, long uid, long gid) throws IOException {
    try {
      Files.setAttribute(path, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new IOException("root cannot give %s to uid %d: %s".formatted(path, uid, e), e);
    }
  }

  /// Brings a file, or the names in a directory, onto the disk.
  static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /// The number that the operating system has for `path`: its `uid` or `gid`.
  static int unixAttribute(Path path, String name) {
    try {
      return (int) Files.getAttribute(path, "unix:" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

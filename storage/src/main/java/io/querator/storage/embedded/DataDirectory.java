package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The files of one embedded server, and how its account gets at them.
///
/// ```
/// lock           held by the process that uses the directory, with its pid
/// password       the superuser's password, readable by us alone
/// port           the TCP port of the last start
/// cluster/       PostgreSQL's data, owned by the server's account
/// log/           the server's log, owned by the server's account
/// postgresql-…/  the server's programs, unless they are kept elsewhere
/// ```
///
/// Where the server runs as another account than ours, that account may not be allowed to pass
/// through the folders above (a checkout under `/root`). On Linux it is then handed the directory
/// as an open file descriptor, and names its files through that: `/proc/self/fd/9/cluster`. So the
/// data always stays where the user wanted it.
final class DataDirectory {
  private static final int DESCRIPTOR = 9;
  private static final String THROUGH_DESCRIPTOR = "/proc/self/fd/" + DESCRIPTOR;

  private final Path root;
  private final ServerAccount account;
  private final boolean throughDescriptor;

  private DataDirectory(Path root, ServerAccount account, boolean throughDescriptor) {
    this.root = root;
    this.account = account;
    this.throughDescriptor = throughDescriptor;
  }

  /// Prepares `root`, an existing directory, for a server that runs as `account`.
  static DataDirectory prepare(Path root, ServerAccount account) throws IOException {
    boolean own = account instanceof ServerAccount.Own;
    Files.setPosixFilePermissions(
        root, PosixFilePermissions.fromString(own ? "rwx------" : "rwx--x--x"));
    boolean direct = isPlain(root) && canEnter(account, root);
    if (!direct && !Files.isDirectory(Path.of("/proc/self/fd"))) {
      throw new StorageException.Corrupt(
          "%s cannot be reached by %s, as which PostgreSQL has to run; choose another directory"
              .formatted(root, account),
          null);
    }
    var directory = new DataDirectory(root, account, !direct);
    directory.createOwned(directory.log());
    return directory;
  }

  /// Whether `account` can pass through all folders down to `directory`, and list it.
  static boolean canEnter(ServerAccount account, Path directory) {
    return account instanceof ServerAccount.Own
        || new Command(account.command(List.of("sh", "-c", "cd \"$0\"", directory.toString())))
            .run(ServerAccount.TIMEOUT)
            .succeeded();
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

  boolean isInitialized() {
    return Files.exists(cluster().resolve("PG_VERSION"));
  }

  /// How the server names `path`, which is inside of this directory.
  String seenByServer(Path path) {
    return throughDescriptor ? THROUGH_DESCRIPTOR + "/" + root.relativize(path) : path.toString();
  }

  /// The command that runs `words` as the server's account, with the directory within its reach.
  Command command(List<String> words) {
    List<String> switched = account.command(words);
    if (!throughDescriptor) {
      return new Command(switched);
    }
    var all =
        new ArrayList<>(
            List.of(
                "/bin/sh", "-c", "exec " + DESCRIPTOR + "<\"$0\" && exec \"$@\"", root.toString()));
    all.addAll(switched);
    return new Command(all);
  }

  /// Makes `directory`, empty, for the server's account alone, unless it exists.
  void createOwned(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      Files.createDirectory(directory);
    }
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    giveAway(directory);
  }

  /// Writes a file that the server's account can read, and no one else but us.
  void writeOwned(Path file, String text) throws IOException {
    writeSecret(file, text);
    giveAway(file);
  }

  private void giveAway(Path path) throws IOException {
    if (account instanceof ServerAccount.Other) {
      Files.setAttribute(path, "unix:gid", (int) account.gid());
      Files.setAttribute(path, "unix:uid", (int) account.uid());
    }
  }

  Optional<String> password() {
    return read(root.resolve("password"));
  }

  void rememberPassword(String password) throws IOException {
    writeSecret(root.resolve("password"), password + "\n");
  }

  Optional<Integer> port() {
    return read(root.resolve("port"))
        .filter(text -> text.matches("[0-9]{1,5}"))
        .map(Integer::valueOf);
  }

  void rememberPort(int port) throws IOException {
    writeSecret(root.resolve("port"), port + "\n");
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
  private void writeSecret(Path file, String text) throws IOException {
    Path fresh = root.resolve("." + file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text, StandardCharsets.US_ASCII);
    force(fresh);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    force(root);
  }

  /// Brings a file, or the names in a directory, onto the disk.
  static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static int unixAttribute(Path path, String name) {
    try {
      return (int) Files.getAttribute(path, "unix:" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The server of one [DataDirectory]: creates its data, starts it, finds it running, stops it.
///
/// Owned by the thread that starts the server; whoever holds the directory's lock is the only one
/// to use it.
final class Postmaster {
  private static final Duration CREATE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration START_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(50);
  private static final int START_ATTEMPTS = 5;
  private static final int PASSWORD_BYTES = 24;

  /// Set once, when the cluster is created: a person may change them in `postgresql.conf`.
  private static final List<String> INITIAL_SETTINGS =
      List.of(
          "max_connections=100",
          "shared_buffers=128MB",
          "max_locks_per_transaction=256",
          "jit=off",
          "timezone=UTC",
          "log_timezone=UTC",
          "log_min_error_statement=panic");

  /// Set at each start: what the promise of durability, and our finding the server again, depend
  /// on.
  private static final List<String> FIXED_SETTINGS =
      List.of(
          "fsync=on",
          "full_page_writes=on",
          "synchronous_commit=on",
          "listen_addresses=127.0.0.1",
          "unix_socket_directories=",
          "logging_collector=on",
          "log_destination=stderr",
          "log_directory=../log",
          "log_filename=postgresql-%Y%m%d-%H%M%S.log",
          "log_rotation_age=1d",
          "log_rotation_size=" + ServerLog.FILE_MEGABYTES + "MB");

  private final DataDirectory directory;
  private final Path programs;
  private final Consumer<String> progress;
  private final ServerLog log;

  /// A server that accepts connections.
  record Running(long pid, int port, boolean adopted) {}

  private Postmaster(DataDirectory directory, Path programs, Consumer<String> progress) {
    this.directory = directory;
    this.programs = programs;
    this.progress = progress;
    this.log = new ServerLog(directory.log());
  }

  static Postmaster of(
      DataDirectory directory, ServerAccount account, Path programs, Consumer<String> progress)
      throws IOException {
    Path parent = ProgramsFolder.choose(programs, directory.root(), account);
    return new Postmaster(directory, PostgresBinaries.find().unpack(parent, progress), progress);
  }

  /// Creates the data unless it exists, all of it or nothing, and tells the superuser's password.
  String createCluster() throws IOException {
    if (directory.isInitialized()) {
      checkVersion();
      return directory
          .password()
          .orElseThrow(() ->
              new StorageException.Corrupt(
                  directory.root().resolve("password")
                      + " is missing, without which its database is closed to us",
                  null));
    }
    progress.accept("creating a database in " + directory.cluster());
    String password = newPassword();
    directory.rememberPassword(password);
    Path fresh = directory.root().resolve("cluster.new");
    PostgresBinaries.delete(fresh);
    directory.createOwned(fresh);
    Path passwordFile = directory.root().resolve("password.new");
    directory.writeOwned(passwordFile, password + "\n");
    try {
      initialize(fresh, passwordFile);
    } finally {
      Files.deleteIfExists(passwordFile);
    }
    Files.move(fresh, directory.cluster(), StandardCopyOption.ATOMIC_MOVE);
    DataDirectory.force(directory.root());
    return password;
  }

  private void initialize(Path cluster, Path passwordFile) {
    var words =
        new ArrayList<>(
            List.of(
                program("initdb"),
                "--pgdata=" + directory.seenByServer(cluster),
                "--username=" + EmbeddedPostgres.USER,
                "--pwfile=" + directory.seenByServer(passwordFile),
                "--auth-host=scram-sha-256",
                "--auth-local=reject",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--data-checksums",
                "--no-instructions"));
    INITIAL_SETTINGS.forEach(setting -> words.addAll(List.of("--set", setting)));
    var outcome = directory.command(words).run(CREATE_TIMEOUT);
    if (!outcome.succeeded()) {
      throw new StorageException.Unavailable(
          "cannot create a database in " + directory.cluster() + ":\n" + outcome.output(), null);
    }
  }

  private void checkVersion() throws IOException {
    String version = Files.readString(directory.cluster().resolve("PG_VERSION")).strip();
    if (!version.equals(Integer.toString(PostgresBinaries.MAJOR_VERSION))) {
      throw new StorageException.Corrupt(
          "%s holds data of PostgreSQL %s, but this is PostgreSQL %d; use pg_upgrade"
              .formatted(directory.cluster(), version, PostgresBinaries.MAJOR_VERSION),
          null);
    }
  }

  Running startOrAdopt(String password) throws IOException {
    Optional<Running> adopted = adopt(password);
    return adopted.isPresent() ? adopted.get() : startAnew();
  }

  private Optional<Running> adopt(String password) throws IOException {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    boolean told = false;
    while (true) {
      Optional<PostmasterFile> file = PostmasterFile.read(directory.cluster());
      if (file.isEmpty() || !file.get().isAlive()) {
        // Left behind by a crash. The server would refuse to start if its number is now another
        // process of its account.
        Files.deleteIfExists(PostmasterFile.path(directory.cluster()));
        return Optional.empty();
      }
      PostmasterFile server = file.get();
      if (server.status().equals("ready")) {
        verify(server, password);
        progress.accept("found the database running (pid " + server.pid() + ")");
        return Optional.of(new Running(server.pid(), server.port(), true));
      }
      if (System.nanoTime() > deadline) {
        throw new StorageException.Unavailable(
            "the database in %s (pid %d) is still %s:\n%s"
                .formatted(directory.root(), server.pid(), server.status(), log.tail()),
            null);
      }
      if (!told) {
        progress.accept(
            "waiting for the database (pid " + server.pid() + "), which is " + server.status());
        told = true;
      }
      pause();
    }
  }

  private void verify(PostmasterFile server, String password) {
    try {
      long pid = new Administration(server.port(), password).serverPid();
      if (pid != server.pid()) {
        throw new StorageException.Corrupt(
            "expected the server of %s with pid %d on port %d, but found pid %d there"
                .formatted(directory.root(), server.pid(), server.port(), pid),
            null);
      }
    } catch (SQLException e) {
      throw new StorageException.Unavailable(
          "the database in %s runs (pid %d, port %d) but does not let us in: %s\n%s"
              .formatted(directory.root(), server.pid(), server.port(), e.getMessage(), log.tail()),
          e);
    }
  }

  private Running startAnew() throws IOException {
    for (int attempt = 1; ; attempt++) {
      int port = choosePort(attempt);
      directory.rememberPort(port);
      log.prune();
      Files.deleteIfExists(log.startup());
      var outcome =
          pgCtl(
              "start",
              START_TIMEOUT,
              List.of("--log=" + directory.seenByServer(log.startup()), "-o", options(port)));
      if (outcome.succeeded()) {
        PostmasterFile server =
            PostmasterFile.read(directory.cluster())
                .orElseThrow(() ->
                    new StorageException.Unavailable(
                        "the database ended at once:\n" + log.tail(), null));
        return new Running(server.pid(), server.port(), false);
      }
      String said = log.tail();
      boolean worthRepeating =
          said.contains("Address already in use") || said.contains("is still in use");
      if (!worthRepeating || attempt == START_ATTEMPTS) {
        throw new StorageException.Unavailable(
            "the database in %s does not start: %s\n%s"
                .formatted(directory.root(), outcome.output(), said),
            null);
      }
      pause();
    }
  }

  private static String options(int port) {
    var options = new StringBuilder("-c port=" + port);
    FIXED_SETTINGS.forEach(setting -> options.append(" -c ").append(setting));
    return options.toString();
  }

  /// The port of the last start if it is free, else any free one.
  private int choosePort(int attempt) throws IOException {
    Optional<Integer> last = directory.port();
    if (attempt == 1 && last.isPresent() && isFree(last.get())) {
      return last.get();
    }
    try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port), 1);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /// Ends all sessions, writes a checkpoint, and waits until the server is gone.
  void stop() {
    Optional<PostmasterFile> server = PostmasterFile.read(directory.cluster());
    if (server.isEmpty() || !server.get().isAlive()) {
      return;
    }
    var outcome = pgCtl("stop", STOP_TIMEOUT, List.of("--mode=fast"));
    if (!outcome.succeeded() && server.get().isAlive()) {
      throw new StorageException.Unavailable(
          "the database in %s does not stop: %s\n%s"
              .formatted(directory.root(), outcome.output(), log.tail()),
          null);
    }
  }

  void pruneLog() {
    log.prune();
  }

  private Command.Outcome pgCtl(String action, Duration timeout, List<String> options) {
    var words =
        new ArrayList<>(
            List.of(
                program("pg_ctl"),
                action,
                "--pgdata=" + directory.seenByServer(directory.cluster()),
                "--wait",
                "--timeout=" + timeout.toSeconds()));
    words.addAll(options);
    return directory.command(words).run(timeout.plusSeconds(10));
  }

  private String program(String name) {
    return programs.resolve("bin").resolve(name).toString();
  }

  /// Lets another process get on. There is nothing that would wake us when it did.
  private static void pause() {
    LockSupport.parkNanos(POLL_INTERVAL.toNanos());
  }

  private static String newPassword() {
    var bytes = new byte[PASSWORD_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

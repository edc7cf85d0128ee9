package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/// The server of one [DataDirectory]: finds it running, starts it, stops it.
///
/// For one thread at a time, of the process that holds the directory's lock.
final class Postmaster {
  /// How long recovery after a crash may take, which depends on how much was written before it.
  private static final Duration START_TIMEOUT = Duration.ofMinutes(10);

  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  /// How long sessions may outlive a server that was killed; no other starts before they are gone.
  private static final Duration ORPHANS_TIMEOUT = Duration.ofSeconds(30);

  /// How long a server that runs may take until it listens.
  private static final Duration LISTEN_TIMEOUT = Duration.ofSeconds(10);

  private static final Duration END_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration POLL_INTERVAL = Duration.ofMillis(20);
  private static final int PORTS_TRIED = 5;

  /// What the promise of durability, and our finding the server again, depend on. As arguments of
  /// the server they overrule what a person has put into `postgresql.conf`.
  private static final List<String> SETTINGS =
      List.of(
          "fsync=on",
          "full_page_writes=on",
          "synchronous_commit=on",
          "listen_addresses=127.0.0.1",
          "unix_socket_directories=",
          "logging_collector=on",
          "log_destination=stderr",
          "log_directory=../log",
          "log_filename=" + ServerLog.NAME_PREFIX + "%Y%m%d-%H%M%S.log",
          "log_rotation_age=1d",
          "log_rotation_size=" + ServerLog.FILE_MEGABYTES + "MB");

  private final DataDirectory directory;
  private final Programs programs;
  private final String password;
  private final Consumer<String> progress;
  private final ServerLog log;

  /// A server that accepts connections.
  ///
  /// @param adopted whether it was running already
  record Running(long pid, int port, boolean adopted) {}

  Postmaster(
      DataDirectory directory, Programs programs, String password, Consumer<String> progress) {
    this.directory = directory;
    this.programs = programs;
    this.password = password;
    this.progress = progress;
    this.log = new ServerLog(directory.log());
  }

  /// Finds the server running, or starts it on the port that it had before, or on any free one.
  Running run() throws IOException {
    Optional<Running> adopted = adopt();
    return adopted.isPresent() ? adopted.get() : start();
  }

  /// Finds the server running, or starts it on `port`, where its clients look for it.
  Running runAgain(int port) throws IOException {
    Optional<Running> adopted = adopt();
    if (adopted.isPresent()) {
      return adopted.get();
    }
    Attempt attempt = attempt(port);
    return attempt.server().orElseThrow(() -> failed(attempt));
  }

  /// Whether the server that was started or found still lives.
  boolean isAlive(Running server) {
    return PostmasterFile.read(directory.cluster())
        .filter(file -> file.pid() == server.pid() && file.isServer())
        .isPresent();
  }

  private Optional<Running> adopt() throws IOException {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    for (boolean told = false; ; told = true) {
      Optional<PostmasterFile> found = PostmasterFile.read(directory.cluster());
      if (found.isEmpty()) {
        return Optional.empty();
      }
      PostmasterFile server = found.get();
      if (!server.isServer() || belongsElsewhere(server)) {
        forget(server);
        return Optional.empty();
      }
      if (server.isReady()) {
        verify(server);
        progress.accept("found the database running, pid " + server.pid());
        return Optional.of(new Running(server.pid(), server.port(), true));
      }
      if (System.nanoTime() > deadline) {
        throw unavailable("(pid " + server.pid() + ") is still " + server.status());
      }
      if (!told) {
        progress.accept("waiting for the database, pid " + server.pid() + ", " + server.status());
      }
      pause();
    }
  }

  /// Whether the process is the server of other data: after a crash of the machine the number may
  /// be given to any. A server works in its data directory. Its own account may look that up, root
  /// in a container may not.
  private boolean belongsElsewhere(PostmasterFile server) {
    var outcome =
        directory
            .command(List.of("readlink", "/proc/" + server.pid() + "/cwd"))
            .run(ServerAccount.TIMEOUT);
    return outcome.succeeded()
        && !outcome.output().isEmpty()
        && !outcome.output().equals(directory.cluster().toString());
  }

  /// Deletes what a crash left behind if its number is in use by another process, which would keep
  /// the server from starting. Else the server itself decides, which knows of left sessions too.
  private void forget(PostmasterFile stale) throws IOException {
    if (stale.isNumberInUse()) {
      Files.deleteIfExists(PostmasterFile.path(directory.cluster()));
    }
  }

  private void verify(PostmasterFile server) {
    try {
      long pid = serverPid(server);
      if (pid != server.pid()) {
        throw new StorageException.Corrupt(
            "expected the database of %s, pid %d, on port %d, but found pid %d there"
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

  /// Asks the server who it is, as soon as it accepts connections. Its file may say too early that
  /// it does: one that a killed server left behind says so, and in a container the next one often
  /// has the same number. `pg_ctl` believes it then.
  private long serverPid(PostmasterFile server) throws SQLException {
    Administration administration = new Administration(server.port(), password);
    long start = System.nanoTime();
    while (true) {
      try {
        return administration.serverPid();
      } catch (SQLException e) {
        Duration patience = Administration.isStarting(e) ? START_TIMEOUT : LISTEN_TIMEOUT;
        if (!server.isServer() || System.nanoTime() - start > patience.toNanos()) {
          throw e;
        }
        pause();
      }
    }
  }

  private Running start() throws IOException {
    for (int tried = 1; ; tried++) {
      int port = tried == 1 ? lastPort().orElseGet(Postmaster::freePort) : freePort();
      directory.rememberPort(port);
      Attempt attempt = attempt(port);
      if (attempt.server().isPresent()) {
        return attempt.server().get();
      }
      if (!attempt.portTaken() || tried == PORTS_TRIED) {
        throw failed(attempt);
      }
    }
  }

  /// What came of one start.
  ///
  /// @param said why it did not succeed, empty if it did
  private record Attempt(Optional<Running> server, String said) {
    boolean portTaken() {
      return said.contains("Address already in use");
    }

    boolean orphansLeft() {
      return said.contains("is still in use");
    }
  }

  private Attempt attempt(int port) throws IOException {
    long deadline = System.nanoTime() + ORPHANS_TIMEOUT.toNanos();
    Attempt attempt = attemptOnce(port);
    while (attempt.orphansLeft() && System.nanoTime() < deadline) {
      pause();
      attempt = attemptOnce(port);
    }
    return attempt;
  }

  private Attempt attemptOnce(int port) throws IOException {
    log.prune();
    Files.deleteIfExists(log.startup());
    String startupLog = "--log=" + directory.seenByServer(log.startup());
    var outcome = pgCtl("start", START_TIMEOUT, List.of(startupLog, "-o", options(port)));
    Optional<PostmasterFile> server = PostmasterFile.read(directory.cluster());
    if (!outcome.succeeded() || server.isEmpty()) {
      return new Attempt(Optional.empty(), outcome.output() + "\n" + log.tail());
    }
    PostmasterFile started = new PostmasterFile(server.get().pid(), port, server.get().status());
    try {
      return new Attempt(Optional.of(new Running(serverPid(started), port, false)), "");
    } catch (SQLException e) {
      return new Attempt(Optional.empty(), e.getMessage() + "\n" + log.tail());
    }
  }

  private StorageException failed(Attempt attempt) {
    return new StorageException.Unavailable(
        "the database in %s does not start: %s".formatted(directory.root(), attempt.said()), null);
  }

  private static String options(int port) {
    return "-c port=" + port + " -c " + String.join(" -c ", SETTINGS);
  }

  private Optional<Integer> lastPort() {
    return directory.port().filter(Postmaster::isFree);
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new StorageException.Unavailable("no free port on 127.0.0.1: " + e.getMessage(), e);
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
  ///
  /// @throws StorageException.Unavailable if it is not gone in time; it goes on stopping
  void stop() {
    Optional<PostmasterFile> server =
        PostmasterFile.read(directory.cluster()).filter(PostmasterFile::isServer);
    if (server.isEmpty() || belongsElsewhere(server.get())) {
      return;
    }
    var outcome = pgCtl("stop", STOP_TIMEOUT, List.of("--mode=fast"));
    if (!outcome.succeeded() && server.get().isServer()) {
      throw unavailable("does not stop: " + outcome.output());
    }
    awaitEnd(server.get());
  }

  /// Waits for the process itself, whose file is deleted a little earlier.
  private static void awaitEnd(PostmasterFile server) {
    long deadline = System.nanoTime() + END_TIMEOUT.toNanos();
    while (server.isServer() && System.nanoTime() < deadline) {
      pause();
    }
  }

  /// Deletes the oldest of the server's log, and what other versions left.
  ///
  /// @param adopted whether the server was running already, perhaps from what another version left
  void tidy(boolean adopted) throws IOException {
    log.prune();
    if (!adopted) {
      programs.deleteOthers(directory.root());
    }
  }

  private StorageException unavailable(String what) {
    return new StorageException.Unavailable(
        "the database in %s %s\n%s".formatted(directory.root(), what, log.tail()), null);
  }

  private Command.Outcome pgCtl(String action, Duration timeout, List<String> options) {
    var words =
        new ArrayList<>(
            List.of(
                programs.program("pg_ctl"),
                action,
                "--pgdata=" + directory.seenByServer(directory.cluster()),
                "--wait",
                "--timeout=" + timeout.toSeconds()));
    words.addAll(options);
    return directory
        .command(words)
        .run(
            timeout.plusSeconds(10),
            waited ->
                progress.accept(
                    "waiting for the database to %s, %d s".formatted(action, waited.toSeconds())));
  }

  /// Lets another process get on. There is nothing that would wake us when it did.
  private static void pause() {
    LockSupport.parkNanos(POLL_INTERVAL.toNanos());
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException.Unavailable("interrupted while waiting for the database", null);
    }
  }
}

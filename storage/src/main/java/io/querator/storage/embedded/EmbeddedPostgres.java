package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A durable PostgreSQL server on this machine, for whoever has none yet.
///
/// It listens on 127.0.0.1 only, on a port that it chose itself, and asks for a password. It is a
/// process of its own, in a session of its own: when this JVM is killed the server goes on running,
/// and the next [#start] on the same directory finds it. [#stop] (or [#close], which is the same)
/// ends it. Should the server end by itself (killed for lack of memory, say), it is started again
/// on its port.
///
/// As root the server runs as the owner of its data, or at first as the user `querator`, `postgres`
/// or `nobody`, the first that exists, since PostgreSQL refuses to run as root.
///
/// Safe for use by several threads; the server itself is in the hands of one thread of this class.
public final class EmbeddedPostgres implements AutoCloseable {
  /// The superuser that the server is set up with.
  public static final String USER = "querator";

  /// The database that always exists.
  public static final String DATABASE = "querator";

  /// The system property for a folder where programs are kept that all servers of one machine may
  /// share, instead of each with its data.
  public static final String PROGRAMS_PROPERTY = "querator.postgres-programs";

  private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);
  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);
  private static final Duration TIDY_INTERVAL = Duration.ofMinutes(1);
  private static final Duration RESTART_INTERVAL_MAX = Duration.ofSeconds(30);

  private final DirectoryLock lock;
  private final Postmaster postmaster;
  private final String password;
  private final ScheduledExecutorService keeper =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("embedded-postgres").factory());
  private volatile Postmaster.Running server;

  private EmbeddedPostgres(
      DirectoryLock lock, Postmaster postmaster, Postmaster.Running server, String password) {
    this.lock = lock;
    this.postmaster = postmaster;
    this.server = server;
    this.password = password;
  }

  /// Starts the server whose data is in `directory`, or finds it running, with the programs kept
  /// there too, or where [#PROGRAMS_PROPERTY] says.
  ///
  /// See [#start(Path, Path, Consumer)].
  public static EmbeddedPostgres start(Path directory, Consumer<String> progress) {
    String programs = System.getProperty(PROGRAMS_PROPERTY, "");
    return start(directory, programs.isEmpty() ? directory : Path.of(programs), progress);
  }

  /// Starts the server whose data is in `directory`, or finds it running.
  ///
  /// The directory is created if it is absent; it belongs to the server alone. Returns when the
  /// server accepts connections and has the database [#DATABASE]. On first use this unpacks 60 MB
  /// and creates a cluster (a few seconds), after a crash the server may have to recover.
  ///
  /// @param programs where to keep the server's programs, which several directories may share;
  ///   another place is taken if the server's account cannot run them from there
  /// @param progress gets a line, without a line end, whenever something begins that takes long; on
  ///   another thread too, should the server have to be started again
  /// @throws StorageException.Unavailable if another process uses the directory, or the server does
  ///   not start; the message ends with the last lines of the server's log
  /// @throws StorageException.Corrupt if the directory cannot be used with this version or by this
  ///   account
  public static EmbeddedPostgres start(Path directory, Path programs, Consumer<String> progress) {
    try {
      Path root = Files.createDirectories(directory).toRealPath();
      ServerAccount account = ServerAccount.choose(root.resolve("cluster"));
      DirectoryLock lock = DirectoryLock.acquire(DataDirectory.lock(root));
      try {
        return start(root, programs, account, lock, progress);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException | UncheckedIOException e) {
      throw new StorageException.Unavailable(
          "cannot start the database in " + directory + ": " + e, e);
    }
  }

  private static EmbeddedPostgres start(
      Path root, Path wanted, ServerAccount account, DirectoryLock lock, Consumer<String> progress)
      throws IOException {
    DataDirectory directory = DataDirectory.prepare(root, account);
    Path parent = Files.exists(wanted) ? wanted.toRealPath() : wanted.toAbsolutePath();
    Programs programs = Programs.unpack(parent, root, account, progress);
    String password = new Cluster(directory, programs, progress).create();
    var postmaster = new Postmaster(directory, programs, password, progress);
    var embedded = new EmbeddedPostgres(lock, postmaster, postmaster.run(), password);
    embedded.createDatabase(DATABASE);
    embedded.keep();
    return embedded;
  }

  /// The JDBC URL of the database [#DATABASE], without user and password.
  public String jdbcUrl() {
    return jdbcUrl(DATABASE);
  }

  /// The JDBC URL of a database of this server, without user and password.
  ///
  /// @param database as in [#createDatabase]
  public String jdbcUrl(String database) {
    return Administration.jdbcUrl(port(), database);
  }

  /// The name of the superuser.
  public String user() {
    return USER;
  }

  /// The superuser's password.
  public String password() {
    return password;
  }

  /// The TCP port on 127.0.0.1.
  public int port() {
    return server.port();
  }

  /// The process id of the server's first process.
  public long pid() {
    return server.pid();
  }

  /// Whether the server was already running when it was to be started.
  public boolean adopted() {
    return server.adopted();
  }

  /// Makes a database unless it exists.
  ///
  /// @param name matching `[a-z_][a-z0-9_]{0,62}`
  /// @throws StorageException.Unavailable if the server does not answer
  public void createDatabase(String name) {
    new Administration(port(), password).createDatabase(name);
  }

  /// Stops the server and waits until it is gone: sessions are ended, what was committed is on the
  /// disk.
  ///
  /// Does nothing the second time.
  ///
  /// @throws StorageException.Unavailable if it is not gone after a minute; it goes on stopping
  public void stop() {
    end(postmaster::stop);
  }

  /// Leaves the server running and gives the directory to whoever starts it next.
  public void leave() {
    end(() -> {});
  }

  /// The same as [#stop].
  @Override
  public void close() {
    stop();
  }

  /// Starts to look after the server.
  private void keep() {
    keeper.execute(this::tidy);
    keeper.scheduleWithFixedDelay(
        this::tidy, TIDY_INTERVAL.toMillis(), TIDY_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    keeper.schedule(() -> watch(WATCH_INTERVAL), WATCH_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void watch(Duration afterFailure) {
    Duration next = WATCH_INTERVAL;
    Postmaster.Running last = server;
    try {
      if (!postmaster.isAlive(last)) {
        log.atError().addKeyValue("pid", last.pid()).log("embedded database ended by itself");
        server = postmaster.runAgain(last.port());
        log.atInfo().addKeyValue("pid", pid()).log("embedded database started again");
      }
    } catch (IOException | RuntimeException e) {
      log.atError().setCause(e).log("embedded database cannot be started again");
      next = min(afterFailure.multipliedBy(2), RESTART_INTERVAL_MAX);
    }
    Duration delay = next;
    keeper.schedule(() -> watch(delay), delay.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static Duration min(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private void tidy() {
    try {
      postmaster.tidy(server.adopted());
    } catch (IOException | RuntimeException e) {
      log.atWarn().setCause(e).log("embedded database's old files cannot be deleted");
    }
  }

  /// Ends our part in the server, `last` being the last that is done with it.
  private synchronized void end(Runnable last) {
    if (keeper.isShutdown()) {
      return;
    }
    try (lock) {
      keeper.submit(() -> endWith(last)).get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StorageException known) {
        throw known;
      }
      throw new IllegalStateException("cannot end the embedded database", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException.Unavailable("interrupted while the database stopped", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// On the keeper's thread, so that nothing looks after the server any more once it is stopped.
  private void endWith(Runnable last) {
    try {
      last.run();
    } finally {
      keeper.shutdownNow();
    }
  }
}

package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// A durable PostgreSQL server on this machine, for whoever has none yet.
///
/// It listens on 127.0.0.1 only, on a port that it chose itself, and asks for a password. It is a
/// process of its own, in a session of its own: when this JVM is killed the server goes on running,
/// and the next [#start] on the same directory finds it. Only [#stop] (or [#close], which is the
/// same) ends it.
///
/// As root the server runs as the owner of its data, or at first as the user `querator`, `postgres`
/// or `nobody`, the first that exists, since PostgreSQL refuses to run as root.
///
/// Safe for use by several threads.
public final class EmbeddedPostgres implements AutoCloseable {
  /// The superuser that the server is set up with.
  public static final String USER = "querator";

  /// The database that always exists.
  public static final String DATABASE = "querator";

  private final DirectoryLock lock;
  private final Postmaster postmaster;
  private final Administration administration;
  private final Postmaster.Running running;
  private final String password;
  private final ScheduledExecutorService janitor;
  private boolean stopped;

  private EmbeddedPostgres(
      DirectoryLock lock,
      Postmaster postmaster,
      Postmaster.Running running,
      String password,
      Administration administration) {
    this.lock = lock;
    this.postmaster = postmaster;
    this.running = running;
    this.password = password;
    this.administration = administration;
    this.janitor =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("embedded-postgres-log").factory());
    janitor.scheduleWithFixedDelay(postmaster::pruneLog, 1, 1, TimeUnit.MINUTES);
  }

  /// Starts the server whose data is in `directory`, or finds it running, with the programs kept
  /// there too.
  ///
  /// See [#start(Path, Path, Consumer)].
  public static EmbeddedPostgres start(Path directory, Consumer<String> progress) {
    return start(directory, directory, progress);
  }

  /// Starts the server whose data is in `directory`, or finds it running.
  ///
  /// The directory is created if it is absent; it belongs to the server alone. Returns when the
  /// server accepts connections and has the database [#DATABASE]. On first use this unpacks 60 MB
  /// and creates a cluster (a few seconds), after a crash the server may have to recover:
  /// `progress` gets a line, without a line end, whenever something begins that takes long.
  ///
  /// @param programs where to keep the server's programs, which several directories may share;
  ///   another place is taken if the server's account cannot get there
  /// @throws StorageException.Unavailable if another process uses the directory, or the server does
  ///   not start; the message ends with the last lines of the server's log
  /// @throws StorageException.Corrupt if the directory cannot be used with this version or by this
  ///   account
  public static EmbeddedPostgres start(Path directory, Path programs, Consumer<String> progress) {
    try {
      Path root = Files.createDirectories(directory).toRealPath();
      DirectoryLock lock = DirectoryLock.acquire(root.resolve("lock"));
      try {
        return start(root, Files.createDirectories(programs).toRealPath(), lock, progress);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StorageException.Unavailable(
          "cannot start the database in " + directory + ": " + e, e);
    } catch (UncheckedIOException e) {
      throw new StorageException.Unavailable(
          "cannot start the database in " + directory + ": " + e.getCause(), e);
    }
  }

  private static EmbeddedPostgres start(
      Path root, Path programs, DirectoryLock lock, Consumer<String> progress) throws IOException {
    ServerAccount account = ServerAccount.choose(root.resolve("cluster"));
    DataDirectory directory = DataDirectory.prepare(root, account);
    Postmaster postmaster = Postmaster.of(directory, account, programs, progress);
    String password = postmaster.createCluster();
    Postmaster.Running running = postmaster.startOrAdopt(password);
    var administration = new Administration(running.port(), password);
    administration.createDatabase(DATABASE);
    return new EmbeddedPostgres(lock, postmaster, running, password, administration);
  }

  /// The JDBC URL of the database [#DATABASE], without user and password.
  public String jdbcUrl() {
    return jdbcUrl(DATABASE);
  }

  /// The JDBC URL of a database of this server, without user and password.
  ///
  /// @param database a name made of the characters `a-z0-9_`
  public String jdbcUrl(String database) {
    return Administration.jdbcUrl(running.port(), database);
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
    return running.port();
  }

  /// The process id of the server's first process.
  public long pid() {
    return running.pid();
  }

  /// Whether the server was already running when it was to be started.
  public boolean adopted() {
    return running.adopted();
  }

  /// Makes a database unless it exists.
  ///
  /// @param name at most 63 of the characters `a-z0-9_`
  public void createDatabase(String name) {
    administration.createDatabase(name);
  }

  /// Stops the server and waits until it is gone: sessions are ended, what was committed is on the
  /// disk.
  ///
  /// Does nothing the second time.
  ///
  /// @throws StorageException.Unavailable if it did not stop in time
  public synchronized void stop() {
    if (stopped) {
      return;
    }
    janitor.shutdownNow();
    postmaster.stop();
    release();
  }

  /// Leaves the server running and gives the directory to whoever starts it next.
  public synchronized void leave() {
    if (stopped) {
      return;
    }
    janitor.shutdownNow();
    release();
  }

  private void release() {
    try {
      lock.close();
      stopped = true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The same as [#stop].
  @Override
  public void close() {
    stop();
  }
}

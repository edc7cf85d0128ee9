package io.querator.storage;

import static org.awaitility.Awaitility.await;

import io.querator.storage.TestMysql.Database;
import io.querator.storage.TestMysql.Kind;
import io.querator.storage.embedded.TestAccount;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A MySQL or MariaDB server that belongs to one test, which may end it and start it again on the
/// same data and port.
///
/// It is durable, writes a binary log, and asks for a password. For one thread at a time.
public final class TestMysqlServer implements StoppableServer {
  private static final String USER = "admin";
  private static final String PASSWORD = "secret";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);
  private static final int PORTS_TRIED = 5;

  private final Kind kind;
  private final TestAccount account;
  private final MysqlPrograms programs;
  private final Path directory;
  private final List<String> options;
  private int port;
  private @Nullable Process process;

  TestMysqlServer(Kind kind, String... options) throws IOException {
    this.kind = kind;
    this.account = TestAccount.choose();
    this.programs = MysqlPrograms.prepare(kind, account);
    this.directory = TestDirectories.create(kind.name().toLowerCase(Locale.ROOT));
    this.options = List.of(options);
    programs.copyNewData(data());
    Files.createDirectory(temporary());
    Files.writeString(
        directory.resolve("init.sql"),
        """
        CREATE USER IF NOT EXISTS '%1$s'@'%%' IDENTIFIED BY '%2$s';
        GRANT ALL ON *.* TO '%1$s'@'%%' WITH GRANT OPTION;
        """
            .formatted(USER, PASSWORD));
    account.own(directory);
    startOnFreePort();
  }

  private void startOnFreePort() {
    for (int tried = 1; ; tried++) {
      port = TestPorts.reserve();
      try {
        start();
        return;
      } catch (IllegalStateException e) {
        if (tried == PORTS_TRIED || !String.valueOf(e.getMessage()).contains("in use")) {
          throw e;
        }
      }
    }
  }

  @Override
  public void start() {
    try {
      process =
          new ProcessBuilder(account.command(command()))
              .directory(new File("/"))
              .redirectErrorStream(true)
              .redirectOutput(log().toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Process started = process;
    await()
        .atMost(START_TIMEOUT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> answers() || !started.isAlive());
    if (!started.isAlive()) {
      throw new IllegalStateException(kind + " does not start: " + readLog());
    }
  }

  private List<String> command() {
    List<String> given = new ArrayList<>();
    given.add("--bind-address=127.0.0.1");
    given.add("--port=" + port);
    given.add("--socket=" + directory.resolve("s"));
    given.add("--pid-file=" + directory.resolve("mysqld.pid"));
    given.add("--init-file=" + directory.resolve("init.sql"));
    // a server that starts deletes the temporary tables of every other one that has its in there
    given.add("--tmpdir=" + temporary());
    given.add("--skip-name-resolve");
    given.add("--max-allowed-packet=256M");
    given.add("--max-connections=300");
    given.add("--server-id=1");
    given.add("--log-bin=binlog");
    given.add("--binlog-format=ROW");
    given.add("--sync-binlog=1");
    given.add("--performance-schema=OFF");
    // the default of MariaDB up to 11.5: nothing may depend on it
    given.add("--character-set-server=latin1");
    switch (kind) {
      case MYSQL -> given.addAll(List.of("--mysqlx=OFF", "--secure-file-priv=NULL"));
      // It would make a key first, for half a minute.
      case MARIADB -> given.add("--skip-ssl");
    }
    given.addAll(options);
    return programs.command(data(), given.toArray(String[]::new));
  }

  private boolean answers() {
    try (Connection connection = database().connect()) {
      return connection.isValid(1);
    } catch (SQLException e) {
      return false;
    }
  }

  private String readLog() {
    try {
      return Files.readString(log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What the server calls itself.
  public String version() {
    return TestMysql.version(database());
  }

  @Override
  public void stop() {
    end("TERM");
  }

  @Override
  public void kill() {
    end("KILL");
  }

  /// By its own number: the first process may be one that only changed the account.
  private void end(String signal) {
    Process running = process;
    signal(signal);
    await().atMost(STOP_TIMEOUT).until(() -> running == null || !running.isAlive());
    process = null;
  }

  @Override
  public void pause() {
    signal("STOP");
  }

  @Override
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    if (process == null) {
      throw new IllegalStateException("the server is not running");
    }
    TestAccount.run(List.of("kill", "-" + name, Long.toString(pid())));
  }

  /// The number of the process that is the server.
  public long pid() {
    try {
      return Long.parseLong(Files.readString(directory.resolve("mysqld.pid")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path data() {
    return directory.resolve("data");
  }

  private Path temporary() {
    return directory.resolve("tmp");
  }

  private Path log() {
    return directory.resolve("log");
  }

  /// A database that always exists; the same URL after a restart.
  public Database database() {
    return new Database(kind, "127.0.0.1:" + port + "/mysql", USER, PASSWORD);
  }

  /// A fresh, empty database.
  public Database createDatabase() {
    return TestMysql.create(database());
  }

  @Override
  public void close() {
    if (process != null) {
      resume();
      stop();
    }
  }
}

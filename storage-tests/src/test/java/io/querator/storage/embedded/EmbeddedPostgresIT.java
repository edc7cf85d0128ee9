package io.querator.storage.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.sun.security.auth.module.UnixSystem;
import io.querator.storage.StorageException;
import io.querator.storage.TestDirectories;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

@Order(1)
final class EmbeddedPostgresIT {
  private static final Consumer<String> SILENT = _ -> {};

  /// For tests that only look at it.
  private static TestPostgresServer shared;

  /// Data that a server has created and left, for tests that are not about that.
  private static Path template;

  @BeforeAll
  static void prepare() throws IOException {
    shared = TestPostgres.ownServer();
    template = TestDirectories.create("template");
    start(template).stop();
  }

  @AfterAll
  static void stopShared() {
    shared.close();
  }

  @Test
  void keepsItsDataAndItsPortOverARestart() throws Exception {
    Path directory = existing("restart");
    int port;
    try (var server = start(directory)) {
      port = server.port();
      execute(server, "CREATE TABLE item (id int)");
      execute(server, "INSERT INTO item VALUES (1)");
    }

    try (var server = start(directory)) {
      assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("1");
      assertThat(server.port()).isEqualTo(port);
      assertThat(server.adopted()).isFalse();
    }
  }

  @Test
  void isDurable() throws Exception {
    var server = shared.running();

    assertThat(query(server, "SHOW fsync")).isEqualTo("on");
    assertThat(query(server, "SHOW full_page_writes")).isEqualTo("on");
    assertThat(query(server, "SHOW synchronous_commit")).isEqualTo("on");
    assertThat(query(server, "SHOW data_checksums")).isEqualTo("on");
  }

  @Test
  void staysDurableWhateverItsConfigurationSays() throws Exception {
    Path directory = existing("configuration");
    configure(directory, "fsync = off\nfull_page_writes = off\nmax_connections = 77\n");

    try (var server = start(directory)) {
      assertThat(query(server, "SHOW fsync")).isEqualTo("on");
      assertThat(query(server, "SHOW full_page_writes")).isEqualTo("on");
      assertThat(query(server, "SHOW max_connections")).isEqualTo("77");
    }
  }

  @Test
  void letsInNobodyWithoutItsPasswordNorFromElsewhere() throws Exception {
    var server = shared.running();

    assertThatThrownBy(() -> DriverManager.getConnection(server.jdbcUrl(), server.user(), "guess"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
    assertThat(query(server, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
    assertThat(query(server, "SHOW unix_socket_directories")).isEmpty();
    assertThat(Files.getPosixFilePermissions(shared.directory().resolve("password")))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void storesTextAsUtf8InTheOrderOfCodePoints() throws Exception {
    var server = shared.running();

    assertThat(query(server, "SHOW server_encoding")).isEqualTo("UTF8");
    assertThat(query(server, "SELECT 'Z' < 'a' AND 'z' < 'é' AND upper('é') = 'É'")).isEqualTo("t");
  }

  @Test
  void makesADatabaseOnce() throws Exception {
    var server = shared.running();

    server.createDatabase("other");
    server.createDatabase("other");

    assertThat(query(server, "SELECT count(*) FROM pg_database WHERE datname = 'other'"))
        .isEqualTo("1");
    assertThatThrownBy(() -> server.createDatabase("x; DROP DATABASE other"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void leavesNoProcessAndNothingUnfinishedBehind() throws Exception {
    Path directory = existing("stop");
    var server = start(directory);
    List<ProcessHandle> processes = processes(server);
    assertThat(processes).hasSizeGreaterThan(3);

    server.stop();
    server.stop();

    await().until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(names(directory))
        .containsExactlyInAnyOrder("lock", "password", "port", "cluster", "log");
  }

  @Test
  void recoversWhatWasCommittedWhenServerAndSessionsAreKilled() throws Exception {
    try (var server = TestPostgres.ownServer()) {
      var running = server.running();
      execute(running, "CREATE TABLE item (id int)");
      execute(running, "INSERT INTO item SELECT generate_series(1, 1000)");

      server.kill();
      server.start();

      assertThat(query(server.running(), "SELECT count(*) FROM item")).isEqualTo("1000");
      assertThat(server.running().adopted()).isFalse();
      assertThat(server.running().port()).isEqualTo(running.port());
    }
  }

  @Test
  void startsTheServerAgainThatEndedByItself() throws Exception {
    try (var server = start(existing("killed"))) {
      execute(server, "CREATE TABLE item (id int)");
      long killed = server.pid();
      int port = server.port();

      ProcessHandle.of(killed).orElseThrow().destroyForcibly();

      await().atMost(Duration.ofSeconds(60)).until(() -> server.pid() != killed);
      assertThat(server.port()).isEqualTo(port);
      assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("0");
    }
  }

  @Test
  void isFoundAgainByTheNextProcessWhenItsOwnIsKilled() throws Exception {
    Path directory = existing("adopted");
    try (var other = EmbeddedPostgresProcess.start(List.of(), directory, TestPrograms.folder())) {
      var started = other.awaitStart();
      try (Connection connection =
              DriverManager.getConnection(
                  started.jdbcUrl(), EmbeddedPostgres.USER, started.password());
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE item (id int)");
        other.kill();
        statement.execute("INSERT INTO item VALUES (1)");
      }

      try (var server = start(directory)) {
        assertThat(server.adopted()).isTrue();
        assertThat(server.pid()).isEqualTo(started.pid());
        assertThat(server.jdbcUrl()).isEqualTo(started.jdbcUrl());
        assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("1");
      }
      await().until(() -> ProcessHandle.of(started.pid()).isEmpty());
    }
  }

  @Test
  void belongsToOneProcessAtATime() throws Exception {
    Path directory = existing("locked");
    try (var other = EmbeddedPostgresProcess.start(List.of(), directory, TestPrograms.folder())) {
      other.awaitStart();

      assertThatThrownBy(() -> start(directory))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("is in use by process " + other.pid());
      assertThat(other.end()).isZero();
    }
    try (var server = start(directory)) {
      assertThatThrownBy(() -> start(directory))
          .isInstanceOf(StorageException.Unavailable.class)
          .hasMessageContaining("is in use by this process");
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void isNotMisledByTheProcessNumberOfAServerThatCrashed() throws Exception {
    Path directory = existing("stale");
    try (var stranger = start(existing("stranger"))) {
      for (long number : List.of(ProcessHandle.current().pid(), stranger.pid(), 999_999_999L)) {
        Files.writeString(
            PostmasterFile.path(directory.resolve("cluster")),
            number + "\n" + directory + "/cluster\n1\n1\n\n127.0.0.1\n1 1\nready   \n");

        try (var server = start(directory)) {
          assertThat(server.adopted()).isFalse();
          assertThat(query(server, "SELECT 1")).isEqualTo("1");
        }
      }
      assertThat(query(stranger, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void takesAnotherPortWhenItsOwnIsTaken() throws Exception {
    Path directory = existing("port");
    int port;
    try (var server = start(directory)) {
      port = server.port();
    }

    try (var taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"));
        var server = start(directory)) {
      assertThat(server.port()).isNotEqualTo(taken.getLocalPort());
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
  }

  @Test
  void tellsWhatTheServerSaidWhenItDoesNotStart() throws Exception {
    Path directory = existing("misconfigured");
    configure(directory, "shared_buffers = nonsense\n");

    assertThatThrownBy(() -> start(directory))
        .isInstanceOf(StorageException.Unavailable.class)
        .hasMessageContaining("does not start")
        .hasMessageContaining("invalid value for parameter \"shared_buffers\"");
  }

  @Test
  void refusesDataOfAnotherVersionAndDataWithoutPassword() throws Exception {
    Path directory = existing("foreign");
    Files.delete(directory.resolve("password"));
    assertThatThrownBy(() -> start(directory))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("password is missing");

    Files.writeString(directory.resolve("cluster/PG_VERSION"), "16\n");
    assertThatThrownBy(() -> start(directory))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("expected data of PostgreSQL 17")
        .hasMessageContaining("version is 16");
  }

  @Test
  void beginsAgainWhereAProcessWasKilledWhileItCreatedTheData() throws Exception {
    Path directory = TestDirectories.create("halfway");
    Files.createDirectories(directory.resolve("new-123/cluster/base"));
    Files.writeString(directory.resolve("new-123/cluster/PG_VERSION"), "17\n");
    Files.writeString(directory.resolve("password"), "of the one that was killed\n");

    try (var server = start(directory)) {
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
      assertThat(names(directory)).doesNotContain("new-123");
    }
  }

  @Test
  void worksUnderAPathThatAShellWouldMisread() throws Exception {
    Path directory = TestDirectories.create("odd").resolve("with space $HOME `id` \"quoted\" 'é'");

    try (var server = start(directory)) {
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
    assertThat(names(directory)).contains("cluster");
  }

  @Test
  void keepsItsDataWhereOtherAccountsMayNotPass() throws Exception {
    Path directory = TestDirectories.create("closed");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Path nested = directory.resolve("checkout/data");

    try (var server = start(nested)) {
      execute(server, "CREATE TABLE item (id int)");
      long pid = server.pid();
      server.leave();
      try (var again = start(nested)) {
        assertThat(again.adopted()).isTrue();
        assertThat(again.pid()).isEqualTo(pid);
      }
    }
    try (var server = start(nested)) {
      assertThat(query(server, "SELECT count(*) FROM item")).isEqualTo("0");
    }
    assertThat(names(nested)).contains("cluster");
  }

  @Test
  void needsAsRootNoMoreThanTheCapabilitiesOfAnOrdinaryContainer() throws Exception {
    assumeRoot();
    Path directory = TestDirectories.create("container");
    List<String> restricted =
        List.of(
            "setpriv",
            "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap",
            "--no-new-privs",
            "--");
    for (boolean adopted : List.of(false, true)) {
      try (var other =
          EmbeddedPostgresProcess.start(restricted, directory, TestPrograms.folder())) {
        assertThat(other.awaitStart().adopted()).isEqualTo(adopted);
        if (adopted) {
          assertThat(other.end()).isZero();
        } else {
          other.kill();
        }
      }
    }
  }

  @Test
  void runsAsAnOrdinaryUserAndLaterAsRootAndBack() throws Exception {
    assumeRoot();
    Path directory = TestDirectories.create("user");
    String classPath = EmbeddedPostgresProcess.copyClassPath(TestDirectories.create("classes"));
    Path programs = TestDirectories.create("programs");
    String uid = new Command(List.of("id", "-u", "nobody")).run(Duration.ofSeconds(10)).output();
    Files.setAttribute(directory, "unix:uid", Integer.valueOf(uid));
    Files.setAttribute(programs, "unix:uid", Integer.valueOf(uid));
    List<String> asUser =
        List.of("setpriv", "--reuid=" + uid, "--clear-groups", "--no-new-privs", "--");
    try (var other = EmbeddedPostgresProcess.start(asUser, classPath, directory, programs)) {
      assertThat(other.awaitStart().adopted()).isFalse();
      assertThat(other.end()).isZero();
    }

    try (var server = start(directory)) {
      assertThat(query(server, "SELECT 1")).isEqualTo("1");
    }
    try (var other = EmbeddedPostgresProcess.start(asUser, classPath, directory, programs)) {
      assertThat(other.awaitStart().adopted()).isFalse();
      assertThat(other.end()).isZero();
    }
  }

  @Test
  void tellsAnOrdinaryUserThatTheDataBelongsToAnother() throws Exception {
    assumeRoot();
    Path directory = existing("other");
    String classPath = EmbeddedPostgresProcess.copyClassPath(TestDirectories.create("classes"));
    List<String> asUser =
        List.of("setpriv", "--reuid=12345", "--clear-groups", "--no-new-privs", "--");

    try (var other =
        EmbeddedPostgresProcess.start(asUser, classPath, directory, TestPrograms.folder())) {
      assertThatThrownBy(other::awaitStart)
          .hasMessageContaining("but this process runs as uid 12345")
          .hasMessageContaining("chown -R 12345:");
    }
  }

  private static EmbeddedPostgres start(Path directory) {
    return EmbeddedPostgres.start(directory, TestPrograms.folder(), SILENT);
  }

  /// A copy of what a server has created and left. The port is free to be taken by others.
  private static Path existing(String name) throws IOException {
    Path directory = TestDirectories.create(name);
    var copy = List.of("cp", "-a", template + "/.", directory.toString());
    assertThat(new Command(copy).run(Duration.ofMinutes(1)).status()).isZero();
    Files.delete(directory.resolve("port"));
    return directory;
  }

  private static void assumeRoot() {
    assumeThat(new UnixSystem().getUid()).as("root, to become another user").isZero();
  }

  private static void configure(Path directory, String lines) throws IOException {
    Files.writeString(
        directory.resolve("cluster/postgresql.conf"), lines, StandardOpenOption.APPEND);
  }

  private static List<ProcessHandle> processes(EmbeddedPostgres server) {
    ProcessHandle first = ProcessHandle.of(server.pid()).orElseThrow();
    return Stream.concat(Stream.of(first), first.descendants()).toList();
  }

  private static List<String> names(Path directory) throws IOException {
    var names = new ArrayList<String>();
    try (var paths = Files.newDirectoryStream(directory)) {
      paths.forEach(path -> names.add(path.getFileName().toString()));
    }
    return names;
  }

  private static void execute(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedPostgres server, String sql) throws SQLException {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  private static Connection connect(EmbeddedPostgres server) throws SQLException {
    return DriverManager.getConnection(server.jdbcUrl(), server.user(), server.password());
  }
}

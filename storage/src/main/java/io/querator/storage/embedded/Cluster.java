package io.querator.storage.embedded;

import io.querator.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.postgresql.util.PasswordUtil;

/// PostgreSQL's data in a [DataDirectory], and the password that it was created with.
record Cluster(DataDirectory directory, Programs programs, Consumer<String> progress) {
  private static final Duration CREATE_TIMEOUT = Duration.ofMinutes(5);
  private static final int PASSWORD_BYTES = 24;
  private static final int SALT_BYTES = 16;

  /// More rounds make a password that a person chose harder to guess. 192 random bits need none,
  /// and the default of 4,096, the least that RFC 7677 asks for, is paid by both sides of every
  /// connection.
  private static final int PASSWORD_ROUNDS = 1;

  /// What a person may change afterwards, in `postgresql.conf`.
  ///
  /// Shared memory of parallel queries is kept in files: a container's `/dev/shm` is small, and
  /// systemd deletes what is there when the user who started the node logs out (`RemoveIPC`).
  /// Deleting a queue drops one table for each partition in one transaction, hence the locks.
  private static final List<String> SETTINGS =
      List.of(
          "max_connections=100",
          "shared_buffers=128MB",
          "max_locks_per_transaction=256",
          "dynamic_shared_memory_type=mmap",
          "jit=off",
          "timezone=UTC",
          "log_timezone=UTC",
          "log_min_error_statement=panic");

  /// Creates the data unless it exists, all of it or nothing, and tells the superuser's password.
  String create() throws IOException {
    if (Files.exists(directory.cluster())) {
      checkVersion();
      return directory.password().orElseThrow(this::passwordLost);
    }
    progress.accept("creating a database in " + directory.cluster());
    directory.deleteWorkshops();
    String password = newPassword();
    Path workshop = directory.createWorkshop();
    try {
      Path fresh = workshop.resolve("cluster");
      Path passwordFile = workshop.resolve("password");
      directory.createOwned(fresh);
      directory.writeOwned(passwordFile, verifier(password) + "\n");
      initialize(fresh, passwordFile);
      directory.rememberPassword(password);
      Files.move(fresh, directory.cluster(), StandardCopyOption.ATOMIC_MOVE);
      DataDirectory.force(directory.root());
    } finally {
      new DirectoryTree(workshop).delete();
    }
    return password;
  }

  private void initialize(Path fresh, Path passwordFile) {
    var words =
        new ArrayList<>(
            List.of(
                programs.program("initdb"),
                "--pgdata=" + directory.seenByServer(fresh),
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
    SETTINGS.forEach(setting -> words.addAll(List.of("--set", setting)));
    var outcome = directory.command(words).run(CREATE_TIMEOUT);
    if (!outcome.succeeded()) {
      String hint =
          outcome.output().contains("could not look up effective user ID")
              ? "\ngive this user a line in /etc/passwd, run as root, or use a database of yours with"
                  + " --storage"
              : "";
      throw new StorageException.Unavailable(
          "cannot create a database in " + directory.root() + ":\n" + outcome.output() + hint,
          null);
    }
  }

  private void checkVersion() throws IOException {
    Path file = directory.cluster().resolve("PG_VERSION");
    String version = Files.isRegularFile(file) ? Files.readString(file).strip() : "none";
    if (!version.equals(Integer.toString(PostgresBinaries.MAJOR_VERSION))) {
      throw new StorageException.Corrupt(
          "expected data of PostgreSQL %d in %s but its version is %s; move it with pg_dump or pg_upgrade"
              .formatted(PostgresBinaries.MAJOR_VERSION, directory.cluster(), version),
          null);
    }
  }

  private StorageException passwordLost() {
    return new StorageException.Corrupt(
        "%s is missing, without which the database beside it is closed to us; restore it from a backup"
            .formatted(directory.root().resolve("password")),
        null);
  }

  private static String newPassword() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(random(PASSWORD_BYTES));
  }

  /// What the server keeps of a password (RFC 5803).
  private static String verifier(String password) {
    return PasswordUtil.encodeScramSha256(
        password.toCharArray(), PASSWORD_ROUNDS, random(SALT_BYTES));
  }

  private static byte[] random(int count) {
    var bytes = new byte[count];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }
}

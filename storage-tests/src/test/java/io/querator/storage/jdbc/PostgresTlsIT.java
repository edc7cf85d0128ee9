package io.querator.storage.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import io.querator.storage.TestIdentity;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// A database that speaks TLS, reached by URLs as users write them.
final class PostgresTlsIT {
  private static TestPostgresServer server;
  private static TestPostgres.Database database;
  private static Path trusted;
  private static Path untrusted;

  @BeforeAll
  static void serveTls() throws Exception {
    server = TestPostgres.ownServer();
    database = server.database();
    TestIdentity identity = TestIdentity.of("127.0.0.1");
    trusted = identity.certificate();
    untrusted = TestIdentity.of("127.0.0.1").certificate();
    Path data;
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      var directory = statement.executeQuery("SHOW data_directory");
      directory.next();
      data = Path.of(directory.getString(1));
    }
    place(identity.certificate(), data.resolve("server.crt"), data);
    place(identity.key(), data.resolve("server.key"), data);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER SYSTEM SET ssl = on");
      statement.execute("SELECT pg_reload_conf()");
    }
  }

  private static void place(Path file, Path target, Path data) throws IOException {
    Files.copy(file, target);
    Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
    Files.setOwner(target, Files.getOwner(data));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void verifiesTheServerByTheCertificateThatTheUrlNames() throws SQLException {
    for (String scheme : List.of("postgres://", "jdbc:postgresql://")) {
      assertThat(sessionUsesTls(scheme, "sslmode=verify-full&sslrootcert=" + trusted)).isTrue();
    }
  }

  @Test
  void encryptsWithoutVerifyingIfTold() throws SQLException {
    assertThat(sessionUsesTls("postgres://", "sslmode=require")).isTrue();
    assertThat(sessionUsesTls("postgres://", "sslmode=disable")).isFalse();
  }

  @Test
  void refusesAServerThatTheCertificateDoesNotVouchFor() {
    assertThatThrownBy(() -> open("postgres://", "sslmode=verify-full&sslrootcert=" + untrusted))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("certificate")
        .hasMessageContaining("sslrootcert");
  }

  @Test
  void saysThatTheCertificateIsMissing() {
    assertThatThrownBy(() -> open("postgres://", "sslmode=verify-full&sslrootcert=/no/such.crt"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("/no/such.crt");
  }

  /// Public authorities did not sign what the test made.
  @Test
  void knowsTheAuthoritiesOfTheSystem() {
    assertThatThrownBy(() -> open("postgres://", "sslmode=verify-full&sslrootcert=system"))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("certificate");
  }

  private static boolean sessionUsesTls(String scheme, String parameters) throws SQLException {
    try (PostgresPartitionStore store = open(scheme, parameters);
        Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      store.databaseTime();
      var sessions =
          statement.executeQuery(
              "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                  + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
      sessions.next();
      return sessions.getBoolean(1);
    }
  }

  private static PostgresPartitionStore open(String scheme, String parameters) {
    String url =
        database.jdbcUrl().replace("jdbc:postgresql://", scheme).replace("localhost", "127.0.0.1");
    String separator = url.contains("?") ? "&" : "?";
    return PostgresPartitionStore.open(
        TestStores.settings(database, url + separator + parameters, Duration.ofSeconds(10)), null);
  }
}

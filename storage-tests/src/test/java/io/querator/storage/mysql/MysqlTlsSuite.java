package io.querator.storage.mysql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import io.querator.storage.TestIdentity;
import io.querator.storage.TestMysql;
import io.querator.storage.TestMysql.Kind;
import io.querator.storage.TestMysqlServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// A server that speaks TLS, reached by URLs as users write them: on either server.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class MysqlTlsSuite {
  private final Kind kind;
  private TestMysqlServer server;
  private TestMysql.Database database;
  private Path trusted;
  private Path untrusted;

  MysqlTlsSuite(Kind kind) {
    this.kind = kind;
  }

  @BeforeAll
  void serveTls() throws Exception {
    TestIdentity identity = TestIdentity.of("127.0.0.1");
    trusted = identity.certificate();
    untrusted = TestIdentity.of("127.0.0.1").certificate();
    server =
        TestMysql.ownServer(
            kind,
            "--ssl",
            "--ssl-ca=" + trusted,
            "--ssl-cert=" + trusted,
            "--ssl-key=" + identity.key());
    database = server.createDatabase();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void verifiesTheServerByTheCertificateThatTheUrlNames() throws SQLException {
    assertThat(cipher("sslmode=verify-full&sslrootcert=" + trusted)).isNotEmpty();
    assertThat(cipher("sslmode=verify-ca&sslrootcert=" + trusted)).isNotEmpty();
    assertThat(cipher("sslrootcert=" + trusted)).isNotEmpty();
  }

  @Test
  void encryptsWithoutVerifyingIfTold() throws SQLException {
    assertThat(cipher("sslmode=require")).isNotEmpty();
    assertThat(cipher("")).isNotEmpty();
    assertThat(cipher("sslmode=disable")).isEmpty();
  }

  @Test
  void prefersTlsButDoesWithout() throws SQLException {
    TestMysql.Database plain = TestMysql.database(Kind.MARIADB);
    String url = plain.url().replace("sslmode=disable", "");

    assertThat(cipher(plain, url)).isEmpty();
    assertThatThrownBy(() -> cipher(plain, url + "sslmode=require"))
        .isInstanceOf(SQLException.class);
  }

  @Test
  void refusesAServerThatTheCertificateDoesNotVouchFor() {
    assertThatThrownBy(() -> open("sslmode=verify-full&sslrootcert=" + untrusted))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("sslrootcert");
  }

  @Test
  void saysThatTheCertificateIsMissing() {
    assertThatThrownBy(() -> open("sslmode=verify-full&sslrootcert=/no/such.crt"))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("/no/such.crt");
  }

  /// Public authorities did not sign what the test made.
  @Test
  void knowsTheAuthoritiesOfTheSystem() {
    assertThatThrownBy(() -> open("sslmode=verify-full&sslrootcert=system"))
        .isInstanceOf(StorageException.Corrupt.class)
        .hasMessageContaining("sslrootcert");
  }

  private String url(String parameters) {
    return database.url().replace("sslmode=disable", parameters);
  }

  private void open(String parameters) {
    MysqlPartitionStore.open(
            MysqlStores.settings(database, url(parameters), Duration.ofSeconds(10)), null)
        .close();
  }

  /// Of a session as the store makes it, empty without TLS.
  private String cipher(String parameters) throws SQLException {
    open(parameters);
    return cipher(database, url(parameters));
  }

  private static String cipher(TestMysql.Database database, String url) throws SQLException {
    MysqlSettings settings = MysqlStores.settings(database, url, Duration.ofSeconds(10));
    try (Connection connection = new MysqlConnector(settings, 8, Session.CONTROL::apply).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW SESSION STATUS LIKE 'Ssl_cipher'")) {
      row.next();
      return row.getString(2);
    }
  }
}

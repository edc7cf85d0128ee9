package io.querator.storage;

import com.github.dockerjava.api.DockerClient;
import io.querator.storage.embedded.EmbeddedPostgres;
import io.querator.storage.embedded.TestPrograms;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.PostgreSQLContainer;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/// A real PostgreSQL 17 for tests: one server for all tests of this JVM, started when it is first
/// asked for.
///
/// The one that the variable `QUERATOR_TEST_POSTGRES` names, `postgres://user:password@host:port`,
/// whose user is a superuser; else through Testcontainers where Docker is reachable and has the
/// images or can fetch them, else the embedded one in a temporary directory. It prints once which.
/// Nothing is left behind, even if this JVM is killed. Safe for use by several threads.
public final class TestPostgres {
  /// Where a test finds its database, and as whom. The user is a superuser.
  public record Database(String jdbcUrl, String user, String password) {
    /// A new connection, for the test to close.
    public Connection connect() throws SQLException {
      return DriverManager.getConnection(jdbcUrl, user, password);
    }
  }

  private static final DockerImageName IMAGE = DockerImageName.parse("postgres:17");

  /// With which this version of Testcontainers removes what a killed JVM has left.
  private static final DockerImageName REAPER_IMAGE =
      DockerImageName.parse("testcontainers/ryuk:0.12.0");

  private static @Nullable Database shared;

  private TestPostgres() {}

  /// A fresh, empty database on the shared server, for its caller alone.
  public static Database database() {
    Database maintenance = shared();
    String name = "test_" + UUID.randomUUID().toString().replace("-", "");
    try (Connection connection = maintenance.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create database " + name, e);
    }
    String url = maintenance.jdbcUrl();
    return new Database(
        url.substring(0, url.lastIndexOf('/') + 1) + name,
        maintenance.user(),
        maintenance.password());
  }

  /// A server for its caller alone, always an embedded one, which it may stop, kill and start
  /// again. One is started at a time: the first unpacks the programs.
  public static synchronized TestPostgresServer ownServer() {
    try {
      return new TestPostgresServer(TestDirectories.create("postgres"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static synchronized Database shared() {
    if (shared == null) {
      shared = start();
    }
    return shared;
  }

  private static Database start() {
    Optional<GivenServer> given = GivenServer.in("QUERATOR_TEST_POSTGRES");
    if (given.isPresent()) {
      GivenServer server = given.get();
      System.out.println("test database: PostgreSQL, given, " + server.place());
      return new Database(
          "jdbc:postgresql://" + server.place() + "/postgres", server.user(), server.password());
    }
    String why;
    try {
      fetchImages();
      Database database = container();
      System.out.println(
          "test database: PostgreSQL 17 through Testcontainers, " + database.jdbcUrl());
      return database;
    } catch (RuntimeException | IOException e) {
      why = "Docker cannot start it: " + e.getMessage();
    }
    Database database = embedded();
    System.out.println(
        "test database: embedded PostgreSQL 17 (" + why + "), " + database.jdbcUrl());
    return database;
  }

  /// Fails at once where there is no registry; Testcontainers by itself tries for two minutes.
  private static void fetchImages() throws IOException {
    DockerClientFactory docker = DockerClientFactory.instance();
    List<DockerImageName> images =
        Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"))
            ? List.of(IMAGE)
            : List.of(REAPER_IMAGE, IMAGE);
    // its own client would start the reaper
    try (DockerClient client =
        DockerClientProviderStrategy.getClientForConfig(docker.getTransportConfig())) {
      for (DockerImageName image : images) {
        docker.checkAndPullImage(
            client, ImageNameSubstitutor.instance().apply(image).asCanonicalNameString());
      }
    }
  }

  @SuppressWarnings("resource") // ends with the JVM
  private static Database container() {
    var container =
        new PostgreSQLContainer<>(IMAGE)
            .withCommand("postgres", "-c", "max_connections=200"); // without its default, fsync=off
    container.start();
    String url = container.getJdbcUrl();
    int options = url.indexOf('?');
    return new Database(
        options < 0 ? url : url.substring(0, options),
        container.getUsername(),
        container.getPassword());
  }

  @SuppressWarnings("resource") // ends with the JVM
  private static Database embedded() {
    try {
      Path directory = TestDirectories.create("postgres");
      var server = EmbeddedPostgres.start(directory, TestPrograms.folder(), System.out::println);
      return new Database(server.jdbcUrl(), server.user(), server.password());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

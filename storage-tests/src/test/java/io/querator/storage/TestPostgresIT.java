package io.querator.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TestPostgresIT {
  @Test
  void givesEachCallerADatabaseOfItsOwn() throws Exception {
    TestPostgres.Database one = TestPostgres.database();
    TestPostgres.Database other = TestPostgres.database();

    assertThat(one.jdbcUrl()).isNotEqualTo(other.jdbcUrl());
    try (Connection connection = one.connect()) {
      assertThat(connection.isValid(5)).isTrue();
    }
  }

  /// In another JVM: starts a server, tells of it, and waits to be killed.
  public static void main(String[] arguments) throws Exception {
    EmbeddedPostgres server = TestPostgres.ownServer().running();
    Path directory = TestDirectories.create("killed");
    System.out.println("started " + server.pid() + " " + directory.getParent());
    while (System.in.read() >= 0) {}
  }

  @Test
  void leavesNothingBehindWhenTheJvmIsKilled() throws Exception {
    String java = ProcessHandle.current().info().command().orElseThrow();
    String classPath = System.getProperty("java.class.path");
    Process other =
        new ProcessBuilder(java, "-cp", classPath, TestPostgresIT.class.getName())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> started =
        other
            .inputReader()
            .lines()
            .filter(line -> line.startsWith("started "))
            .findFirst()
            .map(line -> List.of(line.split(" ", -1)))
            .orElseThrow();
    Path directory = Path.of(started.get(2));
    assertThat(directory).isDirectory();

    other.destroyForcibly();

    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> ProcessHandle.of(Long.parseLong(started.get(1))).isEmpty());
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(directory).doesNotExist());
  }
}

package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.contract.TestServer;
import io.querator.storage.TestPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Runs `querator partitions` from the packaged jar.
final class PartitionsCommandIT {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /// What a command printed, and how it ended.
  private record Ended(String output, int status) {}

  private static Ended run(String... arguments) {
    List<String> words = new ArrayList<>(List.of("partitions"));
    words.addAll(List.of(arguments));
    try (NodeProcess command = NodeProcess.run(Path.of("."), List.of(), Map.of(), words)) {
      int status = command.awaitEnd();
      return new Ended(command.output(), status);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static TestServer onTwoStorages() {
    List<String> flags = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      TestPostgres.Database database = TestPostgres.database();
      flags.addAll(TestServer.storage(i, database.jdbcUrl(), database.user(), database.password()));
    }
    return TestServer.onStorages(flags);
  }

  @Test
  void movesPartitionsAndTellsWhereTheyLie() {
    try (TestServer server = onTwoStorages()) {
      String queue = server.queue().name();
      String url = "--url=" + server.uri();

      assertThat(run("move", queue, "0", "storage-1", url))
          .isEqualTo(
              new Ended(
                  "querator: it moves to storage-1; see querator partitions list " + queue, 0));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(run("list", queue, url).output()).containsPattern("(?m)^0 +storage-1$"));
      assertThat(run("drain", "storage-1", "--url", server.uri().toString()).status()).isZero();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(run("list", queue, url).output()).containsPattern("(?m)^0 +default$"));
      assertThat(run("move", queue, "0", "none", url))
          .isEqualTo(
              new Ended("querator: storage does not exist; no such storage named 'none'", 1));
    }
  }

  @Test
  void tellsHowItIsUsed() {
    assertThat(run("--help").output()).contains("querator partitions move QUEUE PARTITION STORAGE");
    assertThat(run("move", "q").status()).isEqualTo(2);
  }
}

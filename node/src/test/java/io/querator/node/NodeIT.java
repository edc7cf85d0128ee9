package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The life of a node as its user sees it: processes, signals, exit statuses.
class NodeIT {
  private final List<NodeProcess> nodes = new ArrayList<>();
  private Path directory = Path.of("");

  @BeforeEach
  void createDirectory() throws IOException {
    directory = TestDirectories.create("node");
  }

  @AfterEach
  void endProcesses() throws IOException {
    for (NodeProcess node : nodes) {
      node.close();
    }
    NodeProcess.database(directory.resolve("data")).ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void saysThatThePortIsInUseBeforeItTouchesADatabase() throws IOException, InterruptedException {
    try (ServerSocket taken = new ServerSocket(0)) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      NodeProcess node = start("--listen=" + address);

      assertThat(node.awaitEnd()).isEqualTo(1);
      assertThat(lastLine(node))
          .isEqualTo(
              "querator: cannot listen on %s: another process listens there; stop it, or choose another port with --listen"
                  .formatted(address));
      assertThat(directory.resolve("data")).doesNotExist();
    }
  }

  @Test
  void saysThatAnotherNodeUsesItsFolder() throws IOException, InterruptedException {
    NodeProcess first = start().awaitReady();

    NodeProcess second = start();

    assertThat(second.awaitEnd()).isEqualTo(1);
    assertThat(lastLine(second)).startsWith("querator: ").contains("in use by process");
    assertThat(first.get("/health").statusCode()).isEqualTo(200);
    assertThat(first.signal("TERM").awaitEnd()).isZero();
  }

  @Test
  void saysWhatIsWrongWithItsSettings() throws IOException, InterruptedException {
    Files.writeString(directory.resolve("querator.yaml"), "http: {prodce-body-max: 1MB}\n");

    NodeProcess node = start("--log-level=loud");

    assertThat(node.awaitEnd()).isEqualTo(2);
    assertThat(node.output().lines())
        .containsExactly(
            "querator: querator.yaml:1:8: unknown key 'http.prodce-body-max'; did you mean 'http.produce-body-max'?",
            "querator: flag --log-level: log.level: must be one of error, warn, info, debug, trace, not 'loud'");
  }

  @Test
  void waitsForADatabaseThatIsNotThereAndThenGivesUp() throws IOException, InterruptedException {
    String storage = "--storage=postgres://me:s3cret@127.0.0.1:" + unusedPort() + "/queues";

    NodeProcess node = start(storage, "--start-timeout=3s");

    node.awaitOutput("storage cannot be reached, trying on");
    assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(node.get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(node.get("/health").statusCode()).isEqualTo(503);
    assertThat(node.awaitEnd()).isEqualTo(1);
    assertThat(lastLine(node))
        .startsWith("querator: storage default: cannot ")
        .endsWith("gave up after 3 s");
    assertThat(node.output()).doesNotContain("s3cret");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void stopsWhileItStarts() throws IOException, InterruptedException {
    NodeProcess waiting = start("--storage=postgres://127.0.0.1:" + unusedPort() + "/queues");
    waiting.awaitOutput("trying on");
    NodeProcess creating = start();
    creating.awaitOutput("embedded database: ");

    assertThat(waiting.signal("TERM").awaitEnd()).isZero();
    assertThat(creating.signal("TERM").awaitEnd()).isZero();

    assertThat(database()).isEmpty();
    NodeProcess again = start().awaitReady();
    assertThat(again.signal("TERM").awaitEnd()).isZero();
  }

  @Test
  void logsJsonThroughout() throws IOException, InterruptedException {
    NodeProcess node = start("--log-format=json");
    node.awaitOutput("\"message\":\"ready\"");
    assertThat(node.signal("TERM").awaitEnd()).isZero();

    for (String line : node.output().lines().toList()) {
      assertThat(new ObjectMapper().readTree(line).get("time").textValue()).endsWith("Z");
    }
  }

  @Test
  void checksSettingsWithoutStarting() throws IOException, InterruptedException {
    NodeProcess node = start("--check-config", "--storage=postgres://me:s3cret@h/d");

    assertThat(node.awaitEnd()).isZero();
    assertThat(node.output()).contains("url: postgres://me:********@h/d").doesNotContain("s3cret");
  }

  private NodeProcess start(String... flags) throws IOException {
    NodeProcess node = NodeProcess.start(directory, flags);
    nodes.add(node);
    return node;
  }

  private Optional<ProcessHandle> database() throws IOException {
    return NodeProcess.database(directory.resolve("data"));
  }

  private static String lastLine(NodeProcess node) {
    return node.output().lines().reduce((_, last) -> last).orElse("");
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}

package io.querator.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.metric.Exposition;
import io.querator.node.process.ChildNode;
import io.querator.storage.TestDirectories;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The life of a node as its user sees it: processes, signals, exit statuses.
class NodeIT {
  private static final AtomicInteger QUEUES = new AtomicInteger();

  /// For the tests that do not mind what others have left, because it takes a second to fill.
  private static Path shared = Path.of("");

  private final List<NodeProcess> nodes = new ArrayList<>();
  private final String queue = "email-queue-" + QUEUES.incrementAndGet();
  private Path directory = Path.of("");

  @BeforeAll
  static void createSharedDirectory() throws IOException {
    shared = TestDirectories.create("nodes");
  }

  @BeforeEach
  void useSharedDirectory() {
    directory = shared;
  }

  @AfterEach
  void endProcesses() throws IOException, InterruptedException {
    for (NodeProcess node : nodes) {
      node.close();
      node.awaitEnd();
    }
  }

  @Test
  void servesTheFrontPagesRequestAndStopsCleanly() throws IOException, InterruptedException {
    NodeProcess node = start().awaitReady();
    node.awaitOutput("curl -X POST localhost:" + node.port() + "/v1/queue.produce");

    assertThat(node.post("/v1/queues.create", create()).body()).isEqualTo("{\"code\":200}");
    assertThat(node.post("/v1/queue.produce", produce()).body()).isEqualTo("{\"code\":200}");
    assertThat(node.get("/health").statusCode()).isEqualTo(200);
    assertThat(node.get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(node.get("/openapi.yaml").body()).contains("openapi: 3.1");
    assertThat(metrics(node))
        .containsEntry("queue_items_produced_total{partition=\"0\",queue=\"" + queue + "\"}", 1.0)
        .containsEntry("queue_waiting_items{partition=\"0\",queue=\"" + queue + "\"}", 1.0)
        .containsEntry("http_handler_duration_count{path=\"/v1/queue.produce\"}", 1.0)
        .containsEntry("queue_commit_seconds_count", 1.0)
        .containsEntry("hikaricp_connections_max{pool=\"default-lane-0\"}", 2.0);

    assertThat(node.signal("TERM").awaitEnd()).isZero();
    assertThat(node.output()).contains("stopped").doesNotContain("WARN").doesNotContain("ERROR");
    assertThat(database()).isEmpty();
  }

  @Test
  void findsItsItemsAfterARestart() throws IOException, InterruptedException {
    produceAnd(node -> assertThat(node.signal("INT").awaitEnd()).isZero());

    assertThat(leaseAfterRestart().output()).contains("found-running=false");
  }

  @Test
  void findsItsItemsAfterItWasKilledWhileTheDatabaseRunsOn()
      throws IOException, InterruptedException {
    produceAnd(node -> node.signal("KILL").awaitEnd());
    assertThat(database()).isPresent();

    NodeProcess node = leaseAfterRestart();

    assertThat(node.output()).contains("found-running=true");
    assertThat(node.signal("TERM").awaitEnd()).isZero();
    assertThat(database()).isEmpty();
  }

  @Test
  void findsItsItemsAfterNodeAndDatabaseWereKilled() throws IOException, InterruptedException {
    produceAnd(node -> {
      node.signal("KILL").awaitEnd();
      ProcessHandle database = database().orElseThrow();
      database.destroyForcibly();
      await().until(() -> !database.isAlive());
    });

    assertThat(leaseAfterRestart().output()).contains("found-running=false");
  }

  @Test
  void runsAsAnOrdinaryUser() throws IOException, InterruptedException {
    assumeThat(System.getProperty("user.name")).isEqualTo("root");
    directory = TestDirectories.create("node");
    new ProcessBuilder("chown", "nobody", directory.toString()).start().waitFor();
    List<String> prefix =
        List.of(
            "setpriv",
            "--reuid=nobody",
            "--clear-groups",
            "--inh-caps=-all",
            "--bounding-set=-all");
    NodeProcess node = NodeProcess.start(directory, prefix, Map.of());
    nodes.add(node);
    node.awaitReady();

    assertThat(node.post("/v1/queues.create", create()).body()).isEqualTo("{\"code\":200}");
    assertThat(node.post("/v1/queue.produce", produce()).body()).isEqualTo("{\"code\":200}");
    assertThat(Files.getOwner(directory.resolve("data/postgres")).getName()).isEqualTo("nobody");
    assertThat(node.signal("TERM").awaitEnd()).isZero();
    assertThat(database()).isEmpty();
  }

  @Test
  void fitsTheAheadOfTimeCacheThatTheBuildMade() throws IOException, InterruptedException {
    Path jar = Path.of("target", "querator.jar").toAbsolutePath();
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of(java.toString(), "-XX:AOTMode=on"));
    command.addAll(ChildNode.cache(jar));
    command.addAll(List.of("-jar", jar.toString(), "--version"));

    // the cache is demanded, so the JVM ends where it does not fit
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();

    assertThat(command).anyMatch(option -> option.endsWith("querator.aot"));
    assertThat(process.inputReader().readLine()).startsWith("querator ");
    assertThat(process.waitFor()).isZero();
  }

  @Test
  void saysThatThePortIsInUseBeforeItTouchesADatabase() throws IOException, InterruptedException {
    directory = TestDirectories.create("node");
    try (ServerSocket taken = new ServerSocket(0)) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      NodeProcess node = run("--listen=" + address);

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
    directory = TestDirectories.create("node");
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
    directory = TestDirectories.create("node");
    String storage = "--storage=postgres://me:s3cret@127.0.0.1:" + unusedPort() + "/queues";

    NodeProcess node = start(storage, "--start-timeout=3s");

    node.awaitOutput("storage cannot be reached, trying on");
    assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
    assertThat(node.get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(node.get("/health").statusCode()).isEqualTo(503);
    HttpResponse<String> refused = node.post("/v1/queue.produce", produce());
    assertThat(refused.statusCode()).isEqualTo(454);
    assertThat(refused.body()).contains("\"outcome\":\"not-executed\"");
    assertThat(node.awaitEnd()).isEqualTo(1);
    assertThat(lastLine(node))
        .startsWith("querator: storage default: cannot ")
        .endsWith("gave up after 3 s");
    assertThat(node.output()).doesNotContain("s3cret");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  @Test
  void stopsWhileItStarts() throws IOException, InterruptedException {
    directory = TestDirectories.create("node");
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
  void endsAtOnceWhenItIsAskedTwice() throws IOException, InterruptedException {
    NodeProcess node = start().awaitReady();
    try (Socket slow = new Socket("127.0.0.1", node.port())) {
      slow.getOutputStream()
          .write(
              "POST /v1/queue.produce HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{"
                  .getBytes(StandardCharsets.US_ASCII));
      await().until(() -> metrics(node).get("http_calls_in_flight"), equalTo(1.0));

      node.signal("INT").awaitOutput("stopping, Ctrl-C to end at once");

      assertThat(node.signal("INT").awaitEnd()).isEqualTo(130);
    }
  }

  @Test
  void answersWhatIsUnderWayBeforeItStops() throws IOException, InterruptedException {
    NodeProcess node = start().awaitReady();
    assertThat(node.post("/v1/queues.create", create()).statusCode()).isEqualTo(200);
    List<HttpResponse<String>> answers = new ArrayList<>();
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              try {
                answers.add(node.post("/v1/queue.lease", lease("1m")));
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    await()
        .until(
            () -> metrics(node).get("queue_lease_waiters{queue=\"" + queue + "\"}"), equalTo(1.0));

    assertThat(node.signal("TERM").awaitEnd()).isZero();

    waiter.join();
    assertThat(answers)
        .singleElement()
        .satisfies(answer -> assertThat(answer.statusCode()).isEqualTo(453));
    assertThat(answers.getFirst().body()).contains("is shutting down");
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

  @Test
  void knowsItsSubCommands() throws IOException, InterruptedException {
    assertThat(run("server", "--version").output()).startsWith("querator ");
    assertThat(run("--help").output()).contains("usage: querator [command] [flags]", "server ");

    NodeProcess unknown = run("serve");

    assertThat(unknown.awaitEnd()).isEqualTo(2);
    assertThat(unknown.output())
        .isEqualTo("querator: there is no sub-command 'serve'; see querator --help");
  }

  /// Something that ends a node.
  private interface End {
    void end(NodeProcess node) throws IOException, InterruptedException;
  }

  private void produceAnd(End end) throws IOException, InterruptedException {
    NodeProcess node = start().awaitReady();
    assertThat(node.post("/v1/queues.create", create()).statusCode()).isEqualTo(200);
    assertThat(node.post("/v1/queue.produce", produce()).statusCode()).isEqualTo(200);
    end.end(node);
  }

  private NodeProcess leaseAfterRestart() throws IOException, InterruptedException {
    NodeProcess node = start().awaitReady();
    HttpResponse<String> answer = node.post("/v1/queue.lease", lease("10s"));
    JsonNode items = new ObjectMapper().readTree(answer.body()).get("items");
    assertThat(items).as(answer.body()).hasSize(1);
    assertThat(items.get(0).get("reference").textValue()).isEqualTo("user-123");
    return node;
  }

  private String create() {
    return """
    {"queue_name": "%s","lease_timeout": "1m","expire_timeout": "24h","max_attempts": 10,"requested_partitions": 1}\
    """
        .formatted(queue);
  }

  private String produce() {
    return """
    {"queue_name": "%s","items": [{"kind": "welcome-email","reference": "user-123","utf8": "{\\"email\\": \\"user@example.com\\"}"}]}\
    """
        .formatted(queue);
  }

  private String lease(String timeout) {
    return """
    {"queue_name": "%s", "client_id": "me", "batch_size": 10, "request_timeout": "%s"}\
    """
        .formatted(queue, timeout);
  }

  private NodeProcess run(String... arguments) throws IOException, InterruptedException {
    NodeProcess process = NodeProcess.run(directory, List.of(), Map.of(), List.of(arguments));
    nodes.add(process);
    process.awaitEnd();
    return process;
  }

  private NodeProcess start(String... flags) throws IOException {
    NodeProcess node = NodeProcess.start(directory, flags);
    nodes.add(node);
    return node;
  }

  private Optional<ProcessHandle> database() throws IOException {
    return NodeProcess.database(directory.resolve("data"));
  }

  private static Map<String, Double> metrics(NodeProcess node)
      throws IOException, InterruptedException {
    return Exposition.parse(node.get("/metrics").body().getBytes(StandardCharsets.UTF_8)).samples();
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

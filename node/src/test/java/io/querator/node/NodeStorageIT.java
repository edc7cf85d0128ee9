package io.querator.node;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.storage.TestDirectories;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A node on databases of its user's.
class NodeStorageIT {
  private final List<NodeProcess> nodes = new ArrayList<>();
  private Path directory = Path.of("");

  @BeforeEach
  void createDirectory() throws IOException {
    directory = TestDirectories.create("node");
  }

  @AfterEach
  void endProcesses() throws IOException, InterruptedException {
    for (NodeProcess node : nodes) {
      node.close();
      node.awaitEnd();
    }
  }

  @Test
  void spreadsPartitionsOverStoragesByTheirAffinities()
      throws IOException, InterruptedException, SQLException {
    TestPostgres.Database first = TestPostgres.database();
    TestPostgres.Database second = TestPostgres.database();
    Path password = Files.writeString(directory.resolve("password"), second.password() + "\n");
    Files.writeString(
        directory.resolve("querator.yaml"),
        """
        storages:
          - {name: first, url: '%s', user: '%s', affinity: 1}
          - {name: second, url: '%s', user: '%s', password-file: '%s', affinity: 3, schema: other}
        """
            .formatted(
                postgresUrl(first), first.user(), second.jdbcUrl(), second.user(), password));

    NodeProcess node = start(Map.of("QUERATOR_STORAGES_0_PASSWORD", first.password()));
    node.awaitReady();
    HttpResponse<String> created = node.post("/v1/queues.create", create("spread", 8));

    assertThat(created.body()).isEqualTo("{\"code\":200}");
    // the rehearsal of a start has a table for a while, too
    await().untilAsserted(() -> assertThat(tables(first, "querator")).isEqualTo(2));
    await().untilAsserted(() -> assertThat(tables(second, "other")).isEqualTo(6));
    JsonNode health = new ObjectMapper().readTree(node.get("/health").body());
    assertThat(health.get("status").textValue()).isEqualTo("pass");
    assertThat(health.get("checks").get("queues:storage")).hasSize(1);
    assertThat(node.signal("TERM").awaitEnd()).isZero();
    assertThat(node.output()).doesNotContain(first.password() + "@").doesNotContain("ERROR");
    assertThat(directory.resolve("data/postgres")).doesNotExist();
  }

  /// Two storages, of which one may be left out.
  private void configure(List<String> storages) throws IOException {
    Files.writeString(
        directory.resolve("querator.yaml"),
        "storages:\n" + storages.stream().map(one -> "  - " + one + "\n").collect(joining()));
  }

  private static String storage(String name, TestPostgres.Database database) {
    return "{name: %s, url: '%s', user: '%s', password: '%s'}"
        .formatted(name, database.jdbcUrl(), database.user(), database.password());
  }

  private static int failing(NodeProcess node, String queue)
      throws IOException, InterruptedException {
    HttpResponse<String> stats =
        node.post("/v1/queue.stats", "{\"queue_name\": \"%s\"}".formatted(queue));
    JsonNode json = new ObjectMapper().readTree(stats.body());
    int failing = 0;
    for (JsonNode partition : json.at("/logicalQueues/0/partitions")) {
      failing += partition.path("failures").asInt() > 0 ? 1 : 0;
    }
    return failing;
  }

  private static JsonNode check(NodeProcess node) throws IOException, InterruptedException {
    JsonNode health = new ObjectMapper().readTree(node.get("/health").body());
    return health.at("/checks/queues:storage/0");
  }

  private void assertServed(NodeProcess node) throws IOException, InterruptedException {
    for (int i = 0; i < 8; i++) {
      assertThat(node.post("/v1/queue.produce", produce("q", "5s")).statusCode()).isEqualTo(200);
    }
  }

  private static void end(NodeProcess node) throws IOException, InterruptedException {
    assertThat(node.signal("TERM").awaitEnd()).isZero();
  }

  @Test
  void saysWhatIsMissingWithoutAStorageAndServesTheOthers()
      throws IOException, InterruptedException {
    String first = storage("first", TestPostgres.database());
    String second = storage("second", TestPostgres.database());
    configure(List.of(first, second));
    NodeProcess before = start(Map.of()).awaitReady();
    assertThat(before.post("/v1/queues.create", create("q", 4)).statusCode()).isEqualTo(200);
    end(before);

    configure(List.of(first));
    NodeProcess without = start(Map.of()).awaitReady();
    without.awaitOutput("partitions lie on a storage that is not configured");
    assertThat(without.output())
        .containsPattern("ERROR .* storage=second count=2 partitions=\"?q/\\d, q/\\d");
    assertThat(without.get("/health/ready").statusCode()).isEqualTo(200);
    assertThat(without.get("/health").statusCode()).isEqualTo(200);
    assertThat(check(without).path("status").asText()).isEqualTo("warn");
    assertThat(check(without).path("output").asText())
        .startsWith("second: is not configured, but partitions lie on it: q/");
    JsonNode page = new ObjectMapper().readTree(without.get("/cluster").body());
    assertThat(page.at("/missing_partitions/second").asText()).contains("q/");
    assertThat(failing(without, "q")).isEqualTo(2);
    assertThat(without.get("/metrics").body()).contains("queue_missing_partitions 2.0");
    assertServed(without);
    end(without);

    configure(List.of(first, second));
    NodeProcess after = start(Map.of()).awaitReady();
    assertThat(failing(after, "q")).isZero();
    assertThat(check(after).path("status").asText()).isEqualTo("pass");
    assertThat(after.output()).doesNotContain("ERROR");
    end(after);
  }

  @Test
  void saysThatAStorageIsAnotherDatabaseThanItWas() throws IOException, InterruptedException {
    String first = storage("first", TestPostgres.database());
    String second = storage("second", TestPostgres.database());
    configure(List.of(first, second));
    NodeProcess before = start(Map.of()).awaitReady();
    assertThat(before.post("/v1/queues.create", create("q", 2)).statusCode()).isEqualTo(200);
    assertThat(before.post("/v1/queue.produce", produce("q", "5s")).statusCode()).isEqualTo(200);
    assertThat(before.post("/v1/queue.produce", produce("q", "5s")).statusCode()).isEqualTo(200);
    end(before);

    configure(List.of(first, storage("second", TestPostgres.database())));
    NodeProcess wrong = start(Map.of()).awaitReady();
    wrong.awaitOutput("partitions are not in their storage: is it another database?");
    assertThat(wrong.output()).containsPattern("ERROR .* storage=second count=1 partitions=\"?q/");
    assertThat(check(wrong).path("output").asText()).startsWith("second: does not have partitions");
    assertThat(failing(wrong, "q")).isEqualTo(1);
    assertServed(wrong);
    end(wrong);

    configure(List.of(first, second));
    NodeProcess right = start(Map.of()).awaitReady();
    assertThat(failing(right, "q")).isZero();
    int leased = 0;
    while (leased < 10) {
      String lease =
          right
              .post(
                  "/v1/queue.lease",
                  """
                  {"queue_name": "q", "client_id": "c", "batch_size": 10, "request_timeout": "5s"}
                  """)
              .body();
      leased += new ObjectMapper().readTree(lease).path("items").size();
    }
    end(right);
  }

  @Test
  void startsWithoutAStorageThatIsAwayAndTakesItInWhenItComes()
      throws IOException, InterruptedException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      configure(
          List.of(storage("first", TestPostgres.database()), storage("second", server.database())));
      NodeProcess before = start(Map.of()).awaitReady();
      assertThat(before.post("/v1/queues.create", create("q", 4)).statusCode()).isEqualTo(200);
      end(before);
      server.stop();

      NodeProcess node = start(Map.of()).awaitReady();
      assertThat(node.output()).contains("starting without a storage that cannot be reached");
      assertThat(check(node).path("output").asText()).startsWith("second: ");
      assertThat(failing(node, "q")).isEqualTo(2);
      assertServed(node);
      assertThat(node.post("/v1/queues.create", create("new", 4)).statusCode()).isEqualTo(200);
      assertThat(failing(node, "new")).isZero();

      server.start();
      node.awaitOutput("storage is open");
      await().atMost(Duration.ofSeconds(30)).until(() -> failing(node, "q") == 0);
      end(node);
    }
  }

  @Test
  void doesNotStartWhereAnotherStorageWasTheFirst() throws IOException, InterruptedException {
    String first = storage("first", TestPostgres.database());
    String second = storage("second", TestPostgres.database());
    configure(List.of(first, second));
    NodeProcess before = start(Map.of()).awaitReady();
    assertThat(before.post("/v1/queues.create", create("q", 4)).statusCode()).isEqualTo(200);
    end(before);

    configure(List.of(second, first));
    NodeProcess swapped = start(Map.of());

    assertThat(swapped.awaitEnd()).isEqualTo(1);
    assertThat(swapped.output()).contains("first was the first one, put it there again");
  }

  @Test
  void endsAtOnceWhereAPersonMustActBeforeADatabaseCanBeUsed()
      throws IOException, InterruptedException {
    TestPostgres.Database database = TestPostgres.database();

    NodeProcess node =
        start(
            Map.of("QUERATOR_STORAGES_0_PASSWORD", "wr0ng"),
            "--storage=" + database.jdbcUrl(),
            "--storages-0-user=" + database.user());

    assertThat(node.awaitEnd()).isEqualTo(1);
    assertThat(node.output())
        .contains("querator: storage default: cannot use ")
        .contains("password authentication failed")
        .doesNotContain("wr0ng");
  }

  @Test
  void saysThatItsDatabaseIsAwayAndServesOnWhenItIsBack() throws IOException, InterruptedException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      NodeProcess node = start(server);
      assertThat(node.post("/v1/queues.create", create("away", 1)).statusCode()).isEqualTo(200);

      server.stop();

      await().atMost(Duration.ofSeconds(30)).until(() -> node.get("/health").statusCode() == 503);
      assertThat(node.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(node.get("/health/ready").statusCode()).isEqualTo(200);
      assertThat(node.post("/v1/queue.produce", produce("away", "1s")).statusCode()).isEqualTo(454);

      server.start();

      await().atMost(Duration.ofSeconds(30)).until(() -> node.get("/health").statusCode() == 200);
      assertThat(node.post("/v1/queue.produce", produce("away", "30s")).statusCode())
          .isEqualTo(200);
      assertThat(node.signal("TERM").awaitEnd()).isZero();
    }
  }

  @Test
  void stopsThoughItsDatabaseIsAway() throws IOException, InterruptedException {
    try (TestPostgresServer server = TestPostgres.ownServer()) {
      NodeProcess node = start(server);
      assertThat(node.post("/v1/queues.create", create("away", 1)).statusCode()).isEqualTo(200);
      server.stop();
      await().atMost(Duration.ofSeconds(30)).until(() -> node.get("/health").statusCode() == 503);

      assertThat(node.signal("TERM").awaitEnd()).isZero();
    }
  }

  private NodeProcess start(TestPostgresServer server) throws IOException {
    TestPostgres.Database database = server.database();
    return start(
            Map.of("QUERATOR_STORAGES_0_PASSWORD", database.password()),
            "--storage=" + database.jdbcUrl(),
            "--storages-0-user=" + database.user(),
            "--shutdown-timeout=10s")
        .awaitReady();
  }

  private NodeProcess start(Map<String, String> environment, String... flags) throws IOException {
    NodeProcess node = NodeProcess.start(directory, List.of(), environment, flags);
    nodes.add(node);
    return node;
  }

  private static String create(String queue, int partitions) {
    return """
    {"queue_name": "%s","lease_timeout": "1m","expire_timeout": "24h","requested_partitions": %d}\
    """
        .formatted(queue, partitions);
  }

  private static String produce(String queue, String timeout) {
    return """
    {"queue_name": "%s","request_timeout": "%s","items": [{"utf8": "x"}]}\
    """
        .formatted(queue, timeout);
  }

  private static String postgresUrl(TestPostgres.Database database) {
    return database.jdbcUrl().replace("jdbc:postgresql://", "postgres://");
  }

  /// How many tables of partitions there are.
  private static int tables(TestPostgres.Database database, String schema) throws SQLException {
    String sql =
        "SELECT count(*) FROM pg_tables WHERE schemaname = '%s' AND tablename LIKE 'q\\_%%'"
            .formatted(schema);
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getInt(1);
    }
  }
}

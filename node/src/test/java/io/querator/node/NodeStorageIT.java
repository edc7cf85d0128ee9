package io.querator.node;

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
    assertThat(tables(first, "querator")).isEqualTo(2);
    assertThat(tables(second, "other")).isEqualTo(6);
    JsonNode health = new ObjectMapper().readTree(node.get("/health").body());
    assertThat(health.get("status").textValue()).isEqualTo("pass");
    assertThat(health.get("checks").get("queues:storage")).hasSize(1);
    assertThat(node.signal("TERM").awaitEnd()).isZero();
    assertThat(node.output()).doesNotContain(first.password() + "@").doesNotContain("ERROR");
    assertThat(directory.resolve("data/postgres")).doesNotExist();
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

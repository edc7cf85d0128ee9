package io.querator.node.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.client.Call;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Section 10 of the contract: health and metrics.
@ExtendWith(SharedServer.class)
class HealthIT {
  private final TestServer server;

  HealthIT(TestServer server) {
    this.server = server;
  }

  @Test
  void tellsThatTheStorageWorks() throws IOException {
    Answer answer = server.api().get("/health");
    JsonNode health = new ObjectMapper().readTree(answer.body());

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/health+json");
    assertThat(health.fieldNames()).toIterable().containsExactly("status", "version", "checks");
    assertThat(health.path("status").asText()).isEqualTo("pass");
    assertThat(health.path("version").asText()).isNotBlank();
    assertThat(health.path("checks").fieldNames()).toIterable().containsExactly("queues:storage");
    assertThat(health.at("/checks/queues:storage")).hasSize(1);
    JsonNode check = health.at("/checks/queues:storage/0");
    assertThat(check.fieldNames()).toIterable().containsExactly("componentType", "status", "time");
    assertThat(check.path("componentType").asText()).isEqualTo("datastore");
    assertThat(check.path("status").asText()).isEqualTo("pass");
    assertThat(Instant.parse(check.path("time").asText()))
        .isBetween(Instant.now().minus(Duration.ofSeconds(30)), Instant.now().plusSeconds(1));
  }

  @Test
  void measuresKnownPathsOnly() {
    TestQueue queue = server.queue();
    queue.produce("a");
    String unknown = "/v1/queue.unknown-" + queue.name();
    server.api().json(unknown, "{}");
    server.api().get("/x-" + queue.name());

    Answer answer = server.api().get("/metrics");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("text/plain");
    List<String> durations =
        answer.text().lines().filter(line -> line.startsWith("http_handler_duration")).toList();
    assertThat(durations)
        .anyMatch(line -> line.startsWith("http_handler_duration_sum{path=\"/v1/queue.produce\"}"))
        .anyMatch(
            line -> line.startsWith("http_handler_duration_count{path=\"/v1/queue.produce\"}"))
        .anyMatch(line ->
            line.matches(
                "http_handler_duration\\{path=\"/v1/queue\\.produce\",quantile=\"0\\.\\d+\"\\} \\S+"));
    List<String> paths = Call.all().stream().map(Call::path).toList();
    assertThat(answer.text().lines().filter(line -> line.contains("path=\"")))
        .allMatch(line -> paths.contains(line.replaceAll(".*path=\"([^\"]*)\".*", "$1")));
    assertThat(answer.text()).doesNotContain(unknown);
    assertThat(answer.text())
        .contains("queue_waiting_items{partition=\"0\",queue=\"" + queue.name() + "\"} 1.0");
  }

  /// Whatever queues are called.
  @Test
  void writesMetricsThatCanBeRead() {
    TestQueue queue = server.queue(info -> info, "a\"b\\c{}=,😀/" + TestServer.freshName());
    queue.produce("a");
    String name = "[a-zA-Z_:][a-zA-Z0-9_:]*";
    String label = "[a-zA-Z_][a-zA-Z0-9_]*=\"(\\\\[\\\\\"n]|[^\"\\\\])*\"";
    String number = "[-+]?([0-9.]+(E[-+]?[0-9]+)?|Inf)|NaN";

    List<String> lines = server.api().get("/metrics").text().lines().toList();

    assertThat(lines)
        .allMatch(line ->
            line.startsWith("# ")
                || line.matches(name + "(\\{" + label + "(," + label + ")*\\})? (" + number + ")"));
    assertThat(lines).anyMatch(line -> line.contains("queue=\"a\\\"b\\\\c{}=,😀/"));
  }
}

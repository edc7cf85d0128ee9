package io.querator.node.trial;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.text.Table;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What a node tells of its cluster, for people.
public final class ClusterStatus {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int QUEUES_MAX = 50;
  private static final int FAILOVERS_MAX = 5;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode page;

  private ClusterStatus(JsonNode page) {
    this.page = page;
  }

  /// Asks a node.
  ///
  /// @throws TrialException if it does not answer, or is starting
  public static ClusterStatus of(URI node) throws InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(node.resolve("/cluster")).timeout(TIMEOUT).build(),
              HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new TrialException(node + " answers " + answer.statusCode() + answer.body(), null);
      }
      return new ClusterStatus(JSON.readTree(answer.body()));
    } catch (IOException e) {
      throw new TrialException("no answer from " + node + ": " + e, e);
    }
  }

  /// Whether a node is a member.
  public boolean has(String node) {
    return page.path("nodes").findValuesAsText("name").contains(node);
  }

  /// Whether every partition is served.
  public boolean servesAll() {
    for (JsonNode partition : page.path("partitions")) {
      if (!partition.path("state").asText().equals("serving")) {
        return false;
      }
    }
    return true;
  }

  /// Tables of the nodes, of the queues, and of the last failovers.
  public String text() {
    return String.join("\n\n", parts()) + "\n";
  }

  private List<String> parts() {
    List<String> parts = new ArrayList<>(List.of(nodes(), queues()));
    page.path("missing_partitions")
        .properties()
        .forEach(problem ->
            parts.add("Storage " + problem.getKey() + " " + problem.getValue().asText()));
    if (!page.path("failovers").isEmpty()) {
      parts.add(failovers());
    }
    return parts;
  }

  private String nodes() {
    Table table =
        Table.ofWords("NODE", "STATE", "RAFT", "PARTITIONS", "STORAGE", "LEVEL", "VERSION", "API");
    for (JsonNode node : page.path("nodes")) {
      table.row(
          node.path("name").asText(),
          node.path("state").asText(),
          node.path("raft_role").asText(),
          node.path("partitions").asText(),
          node.path("storage_reachable").asBoolean() ? "reachable" : "away",
          node.path("feature_level").asText(),
          node.path("version").asText(),
          node.path("api").asText());
    }
    return table.text();
  }

  private String queues() {
    Map<String, Map<String, Integer>> owners = new TreeMap<>();
    Map<String, Integer> waiting = new TreeMap<>();
    for (JsonNode partition : page.path("partitions")) {
      String queue = partition.path("queue_name").asText("(unknown)");
      boolean serving = partition.path("state").asText().equals("serving");
      owners
          .computeIfAbsent(queue, _ -> new TreeMap<>())
          .merge(partition.path("owner").asText("nobody"), 1, Integer::sum);
      waiting.merge(queue, serving ? 0 : 1, Integer::sum);
    }
    if (owners.isEmpty()) {
      return "There are no queues.";
    }
    Table table = Table.ofWords("QUEUE", "PARTITIONS", "NOT SERVED", "OWNERS");
    owners.entrySet().stream()
        .limit(QUEUES_MAX)
        .forEach(entry ->
            table.row(
                entry.getKey(),
                Integer.toString(entry.getValue().values().stream().mapToInt(n -> n).sum()),
                Integer.toString(waiting.getOrDefault(entry.getKey(), 0)),
                entry.getValue().entrySet().stream()
                    .map(owner -> owner.getKey() + " " + owner.getValue())
                    .collect(Collectors.joining(", "))));
    String more =
        owners.size() > QUEUES_MAX ? "\nand " + (owners.size() - QUEUES_MAX) + " queues more" : "";
    return table.text() + more;
  }

  private String failovers() {
    Table table =
        Table.ofWords("FAILOVER OF", "CAUSE", "SECONDS AGO", "PARTITIONS", "NOT SERVED FOR");
    int shown = 0;
    for (JsonNode failover : page.path("failovers")) {
      if (shown++ == FAILOVERS_MAX) {
        break;
      }
      boolean goesOn = failover.path("not_served_yet").asInt() > 0;
      table.row(
          failover.path("node").asText(),
          failover.path("cause").asText(),
          Long.toString(Math.round(failover.path("seconds_ago").asDouble())),
          failover.path("partitions").asText(),
          failover.path("seconds").asText() + " s" + (goesOn ? ", goes on" : ""));
    }
    return table.text();
  }
}

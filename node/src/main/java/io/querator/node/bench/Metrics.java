package io.querator.node.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/// What nodes publish about themselves.
final class Metrics implements AutoCloseable {
  private static final String COMMITS = "queue_commit_seconds_count";
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int OK = 200;

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final List<HttpRequest> requests;

  Metrics(List<URI> nodes) {
    requests =
        nodes.stream()
            .map(node -> HttpRequest.newBuilder(node.resolve("/metrics")).timeout(TIMEOUT).build())
            .toList();
  }

  /// Commits of all partitions since the nodes started.
  ///
  /// @return nothing if one does not publish them
  OptionalLong commits() throws InterruptedException {
    long sum = 0;
    for (HttpRequest request : requests) {
      OptionalLong commits = commits(request);
      if (commits.isEmpty()) {
        return commits;
      }
      sum += commits.getAsLong();
    }
    return OptionalLong.of(sum);
  }

  private OptionalLong commits(HttpRequest request) throws InterruptedException {
    try {
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == OK ? commits(answer.body()) : OptionalLong.empty();
    } catch (IOException e) {
      throw new BenchException("no answer from " + request.uri() + ": " + e, e);
    }
  }

  /// @param text in Prometheus' format
  static OptionalLong commits(String text) {
    boolean found = false;
    double sum = 0;
    for (String line : text.lines().filter(line -> line.startsWith(COMMITS)).toList()) {
      char next = line.length() > COMMITS.length() ? line.charAt(COMMITS.length()) : '\0';
      if (next == ' ' || next == '{') {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        found = true;
      }
    }
    return found ? OptionalLong.of(Math.round(sum)) : OptionalLong.empty();
  }

  @Override
  public void close() {
    http.close();
  }
}

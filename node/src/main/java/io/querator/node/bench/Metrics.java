package io.querator.node.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/// What nodes publish about themselves.
final class Metrics implements AutoCloseable {
  private static final String COMMITS = "queue_commit_seconds_count";
  private static final String CPU = "process_cpu_time_ns_total";
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

  /// The pages of all nodes at about one moment, in Prometheus' text format.
  record Pages(List<String> pages) {
    Pages {
      pages = List.copyOf(pages);
    }

    /// Commits of all partitions since the nodes started.
    ///
    /// @return nothing if a node does not publish them
    OptionalDouble commits() {
      return sum(COMMITS);
    }

    /// Processor time of all nodes since they started, in nanoseconds.
    ///
    /// @return nothing if a node does not publish it
    OptionalDouble cpuNanos() {
      return sum(CPU);
    }

    private OptionalDouble sum(String name) {
      double sum = 0;
      for (String page : pages) {
        List<String> lines = page.lines().filter(line -> isOf(name, line)).toList();
        if (lines.isEmpty()) {
          return OptionalDouble.empty();
        }
        for (String line : lines) {
          sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
        }
      }
      return OptionalDouble.of(sum);
    }

    private static boolean isOf(String name, String line) {
      return line.startsWith(name + " ") || line.startsWith(name + "{");
    }
  }

  /// @throws BenchException if a node does not answer
  Pages read() throws InterruptedException {
    List<String> pages = new ArrayList<>();
    for (HttpRequest request : requests) {
      try {
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        pages.add(answer.statusCode() == OK ? answer.body() : "");
      } catch (IOException e) {
        throw new BenchException("no answer from " + request.uri() + ": " + e, e);
      }
    }
    return new Pages(pages);
  }

  @Override
  public void close() {
    http.close();
  }
}

package io.querator.benchmarks.sides;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.process.ChildNode;
import io.querator.node.process.CleanUp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Querator: a node on the shared server, loaded over HTTP by `querator bench` in a process of its
/// own.
public final class QueratorSide implements Side {
  private static final String HEAP = "-XX:MaxRAMPercentage=25";
  private static final Duration START = Duration.ofMinutes(1);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Server server;
  private final Path jar;
  private final Path directory;
  private final ChildNode node;
  private final String encoding;
  private final CleanUp cleanUp;
  private final boolean ownsNode;

  private QueratorSide(
      Server server,
      Path jar,
      Path directory,
      ChildNode node,
      String encoding,
      CleanUp cleanUp,
      boolean ownsNode) {
    this.server = server;
    this.jar = jar;
    this.directory = directory;
    this.node = node;
    this.encoding = encoding;
    this.cleanUp = cleanUp;
    this.ownsNode = ownsNode;
  }

  /// Starts a node, whose clients use JSON.
  ///
  /// @param jar the packaged node
  /// @param directory where files of this side go
  /// @throws UnavailableException if it does not start
  public static QueratorSide start(Server server, Path jar, Path directory, CleanUp cleanUp)
      throws UnavailableException, InterruptedException {
    try {
      ChildNode node = startNode(server, jar, directory, cleanUp);
      return new QueratorSide(server, jar, directory, node, "json", cleanUp, true);
    } catch (IOException e) {
      throw new UnavailableException("the node does not start: " + e.getMessage(), e);
    }
  }

  /// Starts a node on `server` and waits until it is ready.
  ///
  /// @param jar the packaged node
  /// @param directory where it works
  /// @param cleanUp ends it if this process cannot
  /// @throws IOException if it does not start
  public static ChildNode startNode(Server server, Path jar, Path directory, CleanUp cleanUp)
      throws IOException, InterruptedException {
    Map<String, String> settings = new HashMap<>();
    settings.put(ChildNode.variable("listen"), "127.0.0.1:0");
    server
        .storage()
        .forEach((name, value) -> settings.put(ChildNode.variable("storages.0." + name), value));
    ChildNode node =
        ChildNode.start(
            directory,
            List.of(),
            List.of("-jar", jar.toString()),
            List.of(HEAP),
            settings,
            _ -> {});
    cleanUp.watch(node.pid());
    node.awaitReady(START);
    return node;
  }

  /// The same node, whose clients use Protobuf; closing it leaves the node.
  public QueratorSide withProtobuf() {
    return new QueratorSide(server, jar, directory, node, "protobuf", cleanUp, false);
  }

  @Override
  public String name() {
    return "Querator " + encoding;
  }

  @Override
  public String settings() {
    return "this build, one node, one partition, HTTP with " + encoding;
  }

  @Override
  public Measured run(Work work) throws IOException, InterruptedException {
    Path file = directory.resolve("bench-" + encoding + ".json");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.add(HEAP);
    command.addAll(ChildNode.cache(jar));
    command.addAll(List.of("-jar", jar.toString(), "bench"));
    command.add("--url=" + node.uri());
    command.add("--database=" + server.url());
    command.add("--batch=" + work.batch());
    command.add("--payload=" + work.payloadBytes());
    command.add("--producers=" + work.producers());
    command.add("--consumers=" + work.consumers());
    command.add("--warm-up=" + work.warmUp().toSeconds());
    command.add("--seconds=" + work.measured().toSeconds());
    command.add("--encoding=" + encoding);
    command.add("--json=" + file);
    Path output = directory.resolve("bench-" + encoding + ".log");
    try (Child bench = Child.start(new ProcessBuilder(command), output, cleanUp)) {
      bench.awaitEnd();
    }
    JsonNode found = JSON.readTree(file.toFile()).path("measurements").path(0);
    if (found.isMissingNode()) {
      throw new LoadException("querator bench has measured nothing");
    }
    return measured(found);
  }

  private static Measured measured(JsonNode found) {
    long items = found.path("items").asLong();
    double database = found.path("database_cpu_seconds_per_million_items").asDouble();
    double node = found.path("node_cpu_seconds_per_million_items").asDouble();
    double client = found.path("bench_cpu_seconds_per_million_items").asDouble();
    return new Measured(
        found.path("seconds").asDouble(),
        items,
        time(database, items),
        time(node, items),
        time(client, items));
  }

  private static Duration time(double secondsPerMillion, long items) {
    return Duration.ofNanos((long) (secondsPerMillion * 1_000 * items));
  }

  @Override
  public void close() {
    if (!ownsNode) {
      return;
    }
    node.stop(STOP);
    try {
      cleanUp.forget(node.pid());
    } catch (IOException e) {
      throw new LoadException("nobody cleans up any more", e);
    }
  }
}

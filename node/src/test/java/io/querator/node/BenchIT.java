package io.querator.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.process.ChildNode;
import io.querator.storage.embedded.TestPrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/// Runs `querator bench` from the packaged jar. Most of the time is waiting.
@Execution(ExecutionMode.CONCURRENT)
final class BenchIT {
  private static final Path JAR = Path.of("target", "querator.jar").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String NODE_JVM = "--node-jvm=-XX:TieredStopAtLevel=1";
  private static final List<String> CALLS = List.of("produce", "lease", "complete");

  @TempDir private Path directory;
  private Path json;
  private Path temporary;
  private final List<Process> processes = new ArrayList<>();

  @BeforeEach
  void makeNames() {
    json = directory.resolve("figures.json");
    temporary = directory.resolve("temporary");
  }

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void measuresANodeOfItsOwnAndLeavesNothing() throws IOException, InterruptedException {
    Process bench =
        start(
            "--batch=1,10,100",
            "--seconds=1",
            "--warm-up=1",
            "--snapshot",
            NODE_JVM,
            "--directory=" + temporary);

    String output = output(bench);

    assertThat(bench.exitValue()).as(output).isZero();
    assertThat(output)
        .contains("fsync=on, synchronous_commit=on")
        .contains("batch 100: 1 of 1 s")
        .contains("items/commit");
    JsonNode measurements = figures();
    assertThat(measurements.findValuesAsText("batch")).containsExactly("1", "10", "100");
    for (JsonNode measurement : measurements) {
      assertPositive(measurement, "items_per_second", "requests_per_second", "commits_per_second");
      assertPositive(measurement, "items_per_commit", "wal_bytes_per_item");
      assertPositive(
          measurement,
          "database_cpu_seconds_per_million_items",
          "node_cpu_seconds_per_million_items",
          "bench_cpu_seconds_per_million_items");
      assertCalls(measurement);
    }
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void leavesNothingWhenItIsKilled() throws IOException {
    Process bench =
        start(
            "--batch=10",
            "--seconds=600",
            NODE_JVM,
            "--directory=" + temporary,
            "--encoding=protobuf");
    awaitLine(bench, "items/s");
    List<ProcessHandle> children;
    try (Stream<ProcessHandle> all = bench.descendants()) {
      children = all.toList();
    }
    ProcessHandle database = database();

    bench.destroyForcibly();

    await().atMost(PATIENCE).until(() -> children.stream().noneMatch(BenchIT::runs));
    await().atMost(PATIENCE).until(() -> !runs(database));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(temporary).isEmptyDirectory());
  }

  @Test
  void measuresANodeThatRuns() throws IOException, InterruptedException {
    Path home = Files.createDirectory(directory.resolve("node"));
    try (NodeProcess node = NodeProcess.start(home).awaitReady()) {
      Process bench =
          start(
              "--url=" + node.uri(),
              "--batch=7",
              "--seconds=1",
              "--warm-up=0",
              "--keyed",
              "--encoding=protobuf",
              "--partitions=3");

      String output = output(bench);

      assertThat(bench.exitValue()).as(output).isZero();
      assertThat(output).contains("unknown, since the database is not asked");
      JsonNode measurement = figures().get(0);
      assertPositive(measurement, "items_per_second", "commits_per_second");
      assertThat(measurement.get("wal_bytes_per_item").isNull()).isTrue();
      assertCalls(measurement);
      assertThat(node.post("/v1/queues.list", "{}").body()).isEqualTo("{}");
      assertThat(node.signal("TERM").awaitEnd()).isZero();
    }
  }

  @Test
  void measuresOnePartOfAnItemsLife() throws IOException, InterruptedException {
    Path home = Files.createDirectory(directory.resolve("node"));
    try (NodeProcess node = NodeProcess.start(home).awaitReady()) {
      String url = "--url=" + node.uri();

      assertThat(timed(url, "--mode=produce", "--rate=500")).containsExactly("produce");
      assertThat(timed(url, "--mode=consume", "--depth=3000")).containsExactly("lease", "complete");
      assertThat(timed(url, "--mode=delivery", "--consume-url=" + node.uri()))
          .containsExactly("produce", "lease", "complete", "delivery");
      assertThat(timed(url, "--mode=cycle", "--depth=3000"))
          .containsExactly("produce", "lease", "complete");
      assertThat(timed(url, "--mode=cycle", "--leased=3000", "--retried"))
          .containsExactly("produce", "lease", "retry", "complete");
      assertThat(node.post("/v1/queues.list", "{}").body()).isEqualTo("{}");
      assertThat(node.signal("TERM").awaitEnd()).isZero();
    }
  }

  /// What a run of a second has timed.
  private Iterable<String> timed(String... arguments) throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("--batch=10", "--seconds=1", "--warm-up=0"));
    all.addAll(List.of(arguments));
    Process bench = start(all.toArray(String[]::new));
    String output = output(bench);
    assertThat(bench.exitValue()).as(output).isZero();
    JsonNode measurement = figures().get(0);
    assertPositive(measurement, "items_per_second", "requests_per_second");
    return measurement.get("calls")::fieldNames;
  }

  @Test
  void saysThatNothingAnswers() throws IOException, InterruptedException {
    Process bench = start("--url=http://127.0.0.1:1");

    assertThat(output(bench)).contains("querator: ").contains("127.0.0.1:1");
    assertThat(bench.exitValue()).isEqualTo(1);
  }

  /// Whether it is neither gone nor a zombie, which has no program any more.
  private static boolean runs(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }

  private static void assertPositive(JsonNode measurement, String... names) {
    for (String name : names) {
      assertThat(measurement.get(name).doubleValue()).as(name).isPositive();
    }
  }

  private static void assertCalls(JsonNode measurement) {
    for (String call : CALLS) {
      JsonNode latency = measurement.get("calls").get(call);
      assertPositive(latency, "calls", "p50_ms", "p99_ms", "p999_ms", "max_ms");
    }
  }

  private JsonNode figures() throws IOException {
    return new ObjectMapper().readTree(json.toFile()).get("measurements");
  }

  private ProcessHandle database() throws IOException {
    try (Stream<Path> found = Files.list(temporary)) {
      Path home = found.findFirst().orElseThrow();
      return NodeProcess.database(home).orElseThrow();
    }
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    command.add(TestPrograms.option());
    command.addAll(ChildNode.cache(JAR));
    command.addAll(List.of("-jar", JAR.toString(), "bench"));
    command.addAll(List.of(arguments));
    command.add("--json=" + json);
    Process process =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }

  private static String output(Process process) throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return output;
  }

  private static void awaitLine(Process process, String text) throws IOException {
    BufferedReader lines = process.inputReader();
    StringBuilder read = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      read.append(line).append('\n');
      if (line.contains(text)) {
        return;
      }
    }
    throw new AssertionError("ended without '" + text + "':\n" + read);
  }
}

package io.querator.node;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.node.process.ChildNode;
import io.querator.storage.embedded.TestPrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Runs `querator cluster` from the packaged jar.
@Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ClusterCommandIT {
  private static final Path JAR = Path.of("target", "querator.jar").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern ADDRESS = Pattern.compile("n3 .*(127\\.0\\.0\\.1:\\d+)");

  @TempDir private Path directory;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void endProcesses() {
    processes.forEach(Process::destroyForcibly);
  }

  @Test
  void startsATrialAndLeavesNothing() throws IOException, InterruptedException {
    Path temporary = directory.resolve("temporary");
    Process trial = startTrial("--port=0", "--directory=" + temporary);
    String started = awaitLine(trial, "quit ");
    assertThat(started).contains("n1", "n2", "n3", "leader", "There are no queues.");
    Matcher matcher = ADDRESS.matcher(started);
    assertThat(matcher.find()).as(started).isTrue();
    String url = "--url=http://" + matcher.group(1);

    say(trial, "kill n1");
    String killed = awaitLine(trial, "after the kill, every partition is served.");
    assertThat(killed).contains("n2", "n3").doesNotContain("n1 ");
    say(trial, "start n1");
    awaitLine(trial, "n1 serves");
    say(trial, "kill n7");
    awaitLine(trial, "there is no node 'n7', only n1, n2, n3");
    assertThat(output(start("drain", "n2", url))).contains("the others take what n2 owns");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> assertThat(output(start("status", url))).containsPattern("n2 +draining"));
    assertThat(output(start("undrain", "n2", url))).contains("n2 may own partitions again");
    say(trial, "quit");

    assertThat(output(trial)).contains("stopping all of it");
    assertThat(trial.exitValue()).isZero();
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void leavesNothingWhenItIsKilled() throws IOException {
    Path temporary = directory.resolve("temporary");
    Process trial = startTrial("--nodes=1", "--port=0", "--directory=" + temporary);
    awaitLine(trial, "quit ");
    List<ProcessHandle> children;
    try (Stream<ProcessHandle> all = trial.descendants()) {
      children = all.toList();
    }

    trial.destroyForcibly();

    assertThat(children).isNotEmpty();
    await().atMost(PATIENCE).until(() -> children.stream().noneMatch(ClusterCommandIT::runs));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(temporary).isEmptyDirectory());
  }

  /// Whether it is neither gone nor a zombie, which has no program any more.
  private static boolean runs(ProcessHandle process) {
    return process.isAlive() && process.info().command().isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nodes=10 | 2 | --nodes must be a number from 1 to 9, not '10'",
        "--node=3 | 2 | there is no option '--node'",
        "--nodes | 2 | --nodes needs a value",
        "kill n1 | 2 | there is no 'kill n1'",
        "status --url=ftp://x | 2 | --url must be like http://127.0.0.1:2319, not 'ftp://x'",
        "status --url=http://127.0.0.1:1 | 1 | no answer from http://127.0.0.1:1",
      })
  void saysWhatIsWrong(String arguments, int status, String message)
      throws IOException, InterruptedException {
    Process command = start(arguments.split(" ", -1));

    assertThat(output(command)).startsWith("querator: " + message);
    assertThat(command.exitValue()).isEqualTo(status);
  }

  /// The nodes that it starts are not to be optimized: they end before that pays.
  private Process startTrial(String... arguments) throws IOException {
    return start(
        Map.of("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"), arguments);
  }

  private Process start(String... arguments) throws IOException {
    return start(Map.of(), arguments);
  }

  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1");
    // whatever holds its one thread for virtual threads makes it hang
    command.add("-Djdk.virtualThreadScheduler.parallelism=1");
    command.add("-Djdk.virtualThreadScheduler.maxPoolSize=1");
    command.add(TestPrograms.option());
    command.addAll(ChildNode.cache(JAR));
    command.addAll(List.of("-jar", JAR.toString(), "cluster"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    processes.add(process);
    return process;
  }

  private static void say(Process trial, String line) {
    PrintStream input = new PrintStream(trial.getOutputStream(), true, UTF_8);
    input.println(line);
  }

  private static String output(Process process) throws IOException, InterruptedException {
    StringBuilder output = new StringBuilder();
    BufferedReader lines = process.inputReader(UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      output.append(line).append('\n');
    }
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return output.toString();
  }

  private static String awaitLine(Process process, String text) throws IOException {
    BufferedReader lines = process.inputReader(UTF_8);
    StringBuilder read = new StringBuilder();
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      read.append(line).append('\n');
      if (line.contains(text)) {
        return read.toString();
      }
    }
    throw new AssertionError("ended without '" + text + "':\n" + read);
  }
}

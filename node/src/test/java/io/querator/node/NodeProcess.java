package io.querator.node;

import static org.awaitility.Awaitility.await;

import io.querator.node.process.ChildNode;
import io.querator.storage.embedded.TestPrograms;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A node as users run it: a process of its own, from the packaged jar. It ends with this JVM,
/// however that ends.
public final class NodeProcess implements AutoCloseable {
  private static final Path JAR = Path.of("target", "querator.jar").toAbsolutePath();
  private static final Pattern LISTENING = Pattern.compile("Node: listening .*port=(\\d+)");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Gives the node the signals that a terminal would: who runs these tests in the background may
  /// have had SIGINT ignored, and a child inherits that. Empty where `env` cannot do it.
  private static final List<String> DEFAULT_SIGNALS = defaultSignals();

  private final Process process;
  private final Process watcher;
  private final Thread reader;
  private final List<String> output = new CopyOnWriteArrayList<>();

  /// 0 as long as nobody has asked.
  private volatile int port;

  private static List<String> defaultSignals() {
    List<String> command = List.of("env", "--default-signal=HUP,INT,TERM");
    List<String> probe = new ArrayList<>(command);
    probe.add("true");
    try {
      return new ProcessBuilder(probe).start().waitFor() == 0 ? command : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }

  private NodeProcess(Process process) throws IOException {
    this.process = process;
    watcher =
        new ProcessBuilder(
                "sh",
                "-c",
                "trap '' INT TERM HUP; cat >/dev/null; kill -9 \"$0\" 2>/dev/null",
                Long.toString(process.pid()))
            .start();
    reader = Thread.ofPlatform().daemon().start(this::read);
  }

  /// Starts a node in `directory`, its working directory, on a port that is free.
  public static NodeProcess start(Path directory, String... flags) throws IOException {
    return start(directory, List.of(), Map.of(), flags);
  }

  /// @param prefix a command that runs the node's; where there is none, its embedded database has
  ///   the programs of all tests
  /// @param environment added to this process'
  public static NodeProcess start(
      Path directory, List<String> prefix, Map<String, String> environment, String... flags)
      throws IOException {
    List<String> given = new ArrayList<>(List.of(flags));
    if (given.stream().noneMatch(flag -> flag.startsWith("--listen"))) {
      given.add("--listen=127.0.0.1:0");
    }
    return run(directory, prefix, environment, given);
  }

  /// Runs the program with these arguments.
  static NodeProcess run(
      Path directory, List<String> prefix, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(DEFAULT_SIGNALS);
    command.addAll(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--sun-misc-unsafe-memory-access=allow"));
    if (prefix.isEmpty()) {
      command.add(TestPrograms.option());
    }
    command.addAll(ChildNode.cache(JAR));
    command.addAll(List.of("-jar", JAR.toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("QUERATOR_"));
    builder.environment().putAll(environment);
    return new NodeProcess(builder.redirectErrorStream(true).start());
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(output::add);
    } catch (IOException e) {
      output.add("reading failed: " + e);
    }
  }

  /// Everything it has printed.
  public String output() {
    return String.join("\n", output);
  }

  /// Waits until it has printed something.
  public NodeProcess awaitOutput(String text) {
    await().atMost(PATIENCE).until(() -> output().contains(text) || !reader.isAlive());
    if (!output().contains(text)) {
      throw new AssertionError("ended without '" + text + "':\n" + output());
    }
    return this;
  }

  /// Waits until it serves.
  public NodeProcess awaitReady() {
    return awaitOutput("Node: ready");
  }

  public int port() {
    if (port == 0) {
      awaitOutput("Node: listening");
      Matcher matcher = LISTENING.matcher(output());
      if (!matcher.find()) {
        throw new IllegalStateException("no port in:\n" + output());
      }
      port = Integer.parseInt(matcher.group(1));
    }
    return port;
  }

  public URI uri() {
    return URI.create("http://127.0.0.1:" + port());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(uri().resolve(path)).build());
  }

  /// A POST as `curl` sends it.
  HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(uri().resolve(path))
            .header("Content-Type", "application/json")
            .header("Accept", "*/*")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  private static HttpResponse<String> send(HttpRequest request)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    }
  }

  /// The id of the process.
  public long pid() {
    return process.pid();
  }

  /// Sends a signal, such as `TERM`.
  public NodeProcess signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
    return this;
  }

  /// Waits until it has ended.
  ///
  /// @return the exit status
  public int awaitEnd() throws InterruptedException {
    if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      throw new IllegalStateException("it did not end:\n" + output());
    }
    reader.join();
    return process.exitValue();
  }

  /// Its embedded database, while it runs.
  ///
  /// @param data the folder of the node's data
  static Optional<ProcessHandle> database(Path data) throws IOException {
    Path file = data.resolve("postgres/cluster/postmaster.pid");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    long pid = Long.parseLong(Files.readAllLines(file).getFirst().strip());
    return ProcessHandle.of(pid).filter(ProcessHandle::isAlive);
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    watcher.getOutputStream().close();
  }
}

package io.querator.node.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.bench.Options.Target;
import io.querator.storage.StorageException;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A node in a process of its own on a free port, with a durable PostgreSQL in a temporary
/// directory. Neither outlives this object or this JVM.
final class OwnNode implements Subject {
  private static final String MAIN = "io.querator.node.Main";
  private static final String VARIABLE = "QUERATOR_";
  private static final String SCHEMA = "querator_bench";
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final int LINES_KEPT = 30;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final CleanUp cleanUp;
  private final Thread hook = new Thread(this::end, "clean-up");
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  /// The end of what the node has printed; guarded by itself, for another thread reads it.
  private final Deque<String> output = new ArrayDeque<>();

  private @Nullable EmbeddedPostgres embedded;
  private @Nullable Database database;
  private @Nullable Process process;
  private boolean ended;

  private OwnNode(Path parent) throws IOException {
    directory = Files.createTempDirectory(Files.createDirectories(parent), "querator-bench-");
    cleanUp = new CleanUp(directory);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /// @param progress gets a line for whatever takes long
  static OwnNode start(Target target, Consumer<String> progress) throws InterruptedException {
    OwnNode node = null;
    try {
      node = new OwnNode(target.directory());
      node.run(target, progress);
      return node;
    } catch (IOException | StorageException e) {
      close(node);
      throw new BenchException("cannot start a node: " + e.getMessage(), e);
    } catch (RuntimeException | Error | InterruptedException e) {
      close(node);
      throw e;
    }
  }

  private static void close(@Nullable OwnNode node) {
    if (node != null) {
      node.close();
    }
  }

  private void run(Target target, Consumer<String> progress)
      throws IOException, InterruptedException {
    Map<String, String> settings = storage(target.database(), progress);
    progress.accept("starting a node");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:MaxRAMPercentage=25");
    command.addAll(target.nodeJvm());
    command.addAll(program(System.getProperty("java.class.path")));
    command.addAll(List.of("server", "--listen=127.0.0.1:0", "--log-format=json"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith(VARIABLE));
    builder.environment().putAll(settings);
    Process started = builder.redirectErrorStream(true).start();
    process = started;
    cleanUp.watch(started.pid());
    Thread.ofVirtual().start(() -> read(started));
    awaitReady();
  }

  /// The settings of the node's storage, which is up when this returns.
  private Map<String, String> storage(@Nullable String url, Consumer<String> progress) {
    if (url != null) {
      database = Database.open(url);
      return Map.of(variable("url"), url, variable("schema"), SCHEMA);
    }
    progress.accept("starting a database in " + directory);
    EmbeddedPostgres started = EmbeddedPostgres.start(directory.resolve("postgres"), progress);
    embedded = started;
    database = Database.open(started.jdbcUrl(), started.user(), started.password());
    return Map.of(
        variable("url"), started.jdbcUrl(),
        variable("user"), started.user(),
        variable("password"), started.password());
  }

  private static String variable(String key) {
    return VARIABLE + "STORAGES_0_" + key.toUpperCase(Locale.ROOT);
  }

  /// The same program as this one.
  private static List<String> program(String classPath) {
    List<String> absolute = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      absolute.add(Path.of(entry).toAbsolutePath().toString());
    }
    return absolute.size() == 1 && absolute.getFirst().endsWith(".jar")
        ? List.of("-jar", absolute.getFirst())
        : List.of("-cp", String.join(File.pathSeparator, absolute), MAIN);
  }

  private void read(Process started) {
    try (BufferedReader lines = started.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        take(line);
      }
      port.completeExceptionally(new IOException("it ended:\n" + output()));
    } catch (IOException e) {
      port.completeExceptionally(e);
    }
  }

  private void take(String line) {
    synchronized (output) {
      output.addLast(line);
      if (output.size() > LINES_KEPT) {
        output.removeFirst();
      }
    }
    try {
      JsonNode entry = JSON.readTree(line);
      if (entry.path("message").asText().equals("ready")) {
        port.complete(entry.path("port").asInt());
      }
    } catch (JsonProcessingException e) {
      // not a line of its log; it is kept
    }
  }

  private String output() {
    synchronized (output) {
      return String.join("\n", output);
    }
  }

  private void awaitReady() throws IOException, InterruptedException {
    try {
      port.get(START.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("it is not ready after " + START + ":\n" + output(), e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  @Override
  public URI uri() {
    return URI.create("http://127.0.0.1:" + port.join());
  }

  @Override
  public Optional<Duration> cpu() {
    Process running = process;
    return running == null ? Optional.empty() : running.info().totalCpuDuration();
  }

  @Override
  public Optional<Database> database() {
    return Optional.ofNullable(database);
  }

  @Override
  public List<String> description() {
    return List.of("node: its own, " + place());
  }

  private String place() {
    if (embedded == null) {
      return "with the given database";
    }
    try {
      return "with an embedded database on a file system of type "
          + Files.getFileStore(directory).type();
    } catch (IOException e) {
      return "with an embedded database";
    }
  }

  /// Ends the node and the database and removes their directory.
  @Override
  public void close() {
    end();
    if (!Thread.currentThread().equals(hook)) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // the JVM is ending already
      }
    }
  }

  /// Guarded by the lock of this object: the JVM may be told to end at any time.
  private synchronized void end() {
    if (ended) {
      return;
    }
    ended = true;
    try (cleanUp) {
      if (database != null) {
        database.close();
      }
      if (process != null) {
        stop(process);
        cleanUp.forget();
      }
      if (embedded != null) {
        embedded.stop();
      }
    } catch (IOException e) {
      throw new BenchException("cannot clean up " + directory + ": " + e.getMessage(), e);
    }
  }

  private static void stop(Process running) {
    running.destroy();
    try {
      if (!running.waitFor(STOP.toSeconds(), TimeUnit.SECONDS)) {
        running.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      running.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

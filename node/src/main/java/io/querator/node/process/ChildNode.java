package io.querator.node.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.ServerSocket;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// A node in a process of its own. Safe for use by many threads.
public final class ChildNode {
  private static final String MAIN = "io.querator.node.Main";
  private static final String VARIABLE = "QUERATOR_";
  private static final int LINES_KEPT = 30;
  private static final int PORT_MIN = 10_000;
  private static final int PORT_MAX = 20_000;

  /// Options for files of classes, of which a JVM takes one only: with two it does not start.
  private static final Pattern FILE_OF_CLASSES =
      Pattern.compile("-Xshare|AOT|SharedArchive|ClassList|ArchiveClasses");

  /// Where a JVM finds further options.
  private static final List<String> OPTION_VARIABLES =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final Consumer<String> log;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();

  /// The end of what the node has printed; guarded by itself, for another thread reads it.
  private final Deque<String> output = new ArrayDeque<>();

  private ChildNode(Process process, Consumer<String> log) {
    this.process = process;
    this.log = log;
    // a read of a pipe holds the thread that a virtual one runs on
    Thread.ofPlatform().daemon().name("output-" + process.pid()).start(this::read);
  }

  /// Starts the same program as this one.
  ///
  /// See [#start(Path, List, List, List, Map, Consumer)].
  public static ChildNode start(Path directory, List<String> jvm, Map<String, String> settings)
      throws IOException {
    return start(
        directory,
        List.of(),
        program(System.getProperty("java.class.path")),
        jvm,
        settings,
        _ -> {});
  }

  /// @param directory where it works
  /// @param prefix a command that becomes the one that follows it
  /// @param program how `java` finds it, such as `-jar` and a file
  /// @param jvm options for its JVM
  /// @param settings by their environment variables; those of this process do not count
  /// @param log gets each line that it prints, on a thread of its own
  public static ChildNode start(
      Path directory,
      List<String> prefix,
      List<String> program,
      List<String> jvm,
      Map<String, String> settings,
      Consumer<String> log)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(jvm);
    if (program.getFirst().equals("-jar")
        && jvm.stream().noneMatch(FILE_OF_CLASSES.asPredicate())) {
      command.addAll(cache(Path.of(program.getLast())));
    }
    command.addAll(program);
    command.addAll(List.of("server", "--log-format=json"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith(VARIABLE));
    builder.environment().putAll(settings);
    return new ChildNode(builder.redirectErrorStream(true).start(), log);
  }

  /// A port of the loopback address for a node that others must know before it starts, and that
  /// comes back to it. It is free, and stays so while connections are made: the system gives those
  /// higher ones.
  public static int freePort() throws IOException {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_MAX);
      try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return port;
      } catch (BindException e) {
        // taken
        continue;
      }
    }
  }

  /// The environment variable of a setting.
  ///
  /// @param key such as `cluster.seeds`
  public static String variable(String key) {
    return VARIABLE + key.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
  }

  /// Options with which a JVM starts a packaged node from its ahead-of-time cache, if it has one.
  /// Where the cache does not fit, the JVM loads all classes from the jar, without a word.
  public static List<String> cache(Path jar) {
    Path cache = jar.resolveSibling(jar.getFileName().toString().replace(".jar", ".aot"));
    boolean hasOther =
        OPTION_VARIABLES.stream()
            .map(name -> System.getenv().getOrDefault(name, ""))
            .anyMatch(FILE_OF_CLASSES.asPredicate());
    return Files.exists(cache) && !hasOther
        ? List.of("-XX:AOTCache=" + cache, "-Xlog:cds*=off", "-Xlog:aot*=off")
        : List.of();
  }

  private static List<String> program(String classPath) {
    List<String> absolute = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      absolute.add(Path.of(entry).toAbsolutePath().toString());
    }
    return absolute.size() == 1 && absolute.getFirst().endsWith(".jar")
        ? List.of("-jar", absolute.getFirst())
        : List.of("-cp", String.join(File.pathSeparator, absolute), MAIN);
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        take(line);
      }
      port.completeExceptionally(new IOException("it ended:\n" + output()));
    } catch (IOException e) {
      port.completeExceptionally(e);
    }
  }

  private void take(String line) {
    log.accept(line);
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

  /// The last lines that it has printed.
  public String output() {
    synchronized (output) {
      return String.join("\n", output);
    }
  }

  /// Waits until it serves.
  ///
  /// @throws IOException if it does not; the message ends with its last lines
  public void awaitReady(Duration timeout) throws IOException, InterruptedException {
    try {
      port.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("it is not ready after " + timeout + ":\n" + output(), e);
    } catch (ExecutionException e) {
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  /// Where clients reach it, once it is ready.
  public URI uri() {
    return URI.create("http://127.0.0.1:" + port.join());
  }

  /// Where clients reach it; empty until it is ready, or if it never was.
  public Optional<URI> readyUri() {
    return port.isDone() && !port.isCompletedExceptionally()
        ? Optional.of(uri())
        : Optional.empty();
  }

  public long pid() {
    return process.pid();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /// Sends a signal, such as `STOP`.
  public void signal(String name) throws IOException, InterruptedException {
    int status = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start().waitFor();
    if (status != 0) {
      throw new IOException("kill -" + name + " " + pid() + " ended with " + status);
    }
  }

  /// Stops it as SIGTERM does; kills it if that takes too long.
  public void stop(Duration patience) {
    process.destroy();
    try {
      if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  /// Ends it as `kill -9` does, and waits until it is gone.
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}

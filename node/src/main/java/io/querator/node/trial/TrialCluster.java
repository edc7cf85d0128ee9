package io.querator.node.trial;

import io.querator.node.process.ChildNode;
import io.querator.node.process.CleanUp;
import io.querator.storage.StorageException;
import io.querator.storage.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Nodes in processes of their own on one database, in a temporary directory. None of it outlives
/// this object or this JVM.
public final class TrialCluster implements AutoCloseable {
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final int SECRET_BYTES = 16;

  /// Three keep the table of who owns what; fewer than that cannot lose one.
  private static final int SEEDS_MAX = 3;

  /// Of this machine's memory, for the heaps of all nodes.
  private static final int HEAP_PERCENT = 50;

  private final TrialOptions options;
  private final Consumer<String> progress;
  private final Path directory;
  private final CleanUp cleanUp;
  private final String secret = secret();
  private final Map<String, String> seeds = new LinkedHashMap<>();
  private final Map<String, ChildNode> nodes = new LinkedHashMap<>();
  private final Set<String> paused = new HashSet<>();
  private Map<String, String> storage = Map.of();
  private @Nullable EmbeddedPostgres embedded;
  private boolean closed;

  private TrialCluster(TrialOptions options, Consumer<String> progress) throws IOException {
    this.options = options;
    this.progress = progress;
    Path parent = Files.createDirectories(options.directory());
    directory = Files.createTempDirectory(parent, "querator-cluster-");
    cleanUp = new CleanUp(directory);
  }

  /// Starts a database, unless one is given, and nodes `n1`, `n2` and so on, and waits until they
  /// serve.
  ///
  /// @param progress gets a line for whatever takes long
  /// @throws TrialException if that cannot be done
  public static TrialCluster start(TrialOptions options, Consumer<String> progress)
      throws InterruptedException {
    TrialCluster cluster = null;
    boolean started = false;
    try {
      cluster = new TrialCluster(options, progress);
      cluster.start();
      started = true;
      return cluster;
    } catch (IOException | StorageException e) {
      throw new TrialException("cannot start the cluster: " + e.getMessage(), e);
    } finally {
      if (cluster != null && !started) {
        cluster.close();
      }
    }
  }

  private void start() throws IOException, InterruptedException {
    storage = storage(options.storage());
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= options.nodes(); i++) {
      names.add(name(i));
    }
    int voters = options.nodes() < SEEDS_MAX ? 1 : SEEDS_MAX;
    for (String name : names.subList(0, voters)) {
      String address = "127.0.0.1:" + ChildNode.freePort();
      while (seeds.containsValue(address)) {
        address = "127.0.0.1:" + ChildNode.freePort();
      }
      seeds.put(name, address);
    }
    progress.accept("starting " + names.size() + " nodes");
    for (String name : names) {
      run(name);
    }
    for (String name : names) {
      node(name).awaitReady(START);
    }
  }

  private static String name(int number) {
    return "n" + number;
  }

  private Map<String, String> storage(@Nullable String url) {
    if (url != null) {
      return Map.of(ChildNode.variable("storages.0.url"), url);
    }
    progress.accept("starting a database in " + directory);
    EmbeddedPostgres started = EmbeddedPostgres.start(directory.resolve("postgres"), progress);
    embedded = started;
    return Map.of(
        ChildNode.variable("storages.0.url"), started.jdbcUrl(),
        ChildNode.variable("storages.0.user"), started.user(),
        ChildNode.variable("storages.0.password"), started.password());
  }

  private static String secret() {
    byte[] random = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  private void run(String name) throws IOException {
    Path home = Files.createDirectories(directory.resolve(name));
    int number = Integer.parseInt(name.substring(1));
    int port = options.port() == 0 ? 0 : options.port() + number - 1;
    Map<String, String> settings = new HashMap<>(storage);
    settings.put(ChildNode.variable("name"), name);
    settings.put(ChildNode.variable("listen"), "127.0.0.1:" + port);
    settings.put(ChildNode.variable("data"), home.toString());
    settings.put(
        ChildNode.variable("cluster.seeds"),
        seeds.entrySet().stream()
            .map(seed -> seed.getKey() + "=" + seed.getValue())
            .collect(Collectors.joining(",")));
    settings.put(ChildNode.variable("cluster.secret"), secret);
    int percent = Math.max(1, HEAP_PERCENT / Math.max(options.nodes(), SEEDS_MAX));
    ChildNode started = ChildNode.start(home, List.of("-XX:MaxRAMPercentage=" + percent), settings);
    nodes.put(name, started);
    paused.remove(name);
    cleanUp.watch(started.pid());
  }

  // Nodes

  /// The names of all nodes, dead ones too.
  public Collection<String> names() {
    return List.copyOf(nodes.keySet());
  }

  /// @throws TrialException if there is no such node
  public ChildNode node(String name) {
    ChildNode node = nodes.get(name);
    if (node == null) {
      throw new TrialException(
          "there is no node '" + name + "', only " + String.join(", ", nodes.keySet()), null);
    }
    return node;
  }

  /// What the first node tells that answers.
  ///
  /// @throws TrialException if none does
  public ClusterStatus ask() throws InterruptedException {
    TrialException none = new TrialException("no node runs", null);
    for (String name : nodes.keySet()) {
      if (node(name).isAlive() && !paused.contains(name)) {
        try {
          return ClusterStatus.of(node(name).uri());
        } catch (TrialException e) {
          none = e;
        }
      }
    }
    throw none;
  }

  /// Starts one node more, and waits until it serves.
  ///
  /// @return its name
  public String add() throws InterruptedException {
    if (nodes.size() == TrialOptions.NODES_MAX) {
      throw new TrialException(TrialOptions.NODES_MAX + " nodes are enough for a trial", null);
    }
    String name = name(nodes.size() + 1);
    restart(name);
    return name;
  }

  /// Starts a node that has ended, and waits until it serves.
  public void start(String name) throws InterruptedException {
    if (node(name).isAlive()) {
      throw new TrialException(name + " runs", null);
    }
    restart(name);
  }

  private void restart(String name) throws InterruptedException {
    try {
      run(name);
      node(name).awaitReady(START);
    } catch (IOException e) {
      throw new TrialException("cannot start " + name + ": " + e.getMessage(), e);
    }
  }

  /// Stops a node as SIGTERM does: the others take its partitions first.
  public void stop(String name) {
    ChildNode node = node(name);
    node.stop(STOP);
    forget(node);
  }

  /// Ends a node as `kill -9` does.
  public void kill(String name) throws InterruptedException {
    ChildNode node = node(name);
    node.kill();
    forget(node);
  }

  private void forget(ChildNode node) {
    try {
      cleanUp.forget(node.pid());
    } catch (IOException e) {
      throw new TrialException("the process that cleans up is gone: " + e.getMessage(), e);
    }
  }

  /// Has a node hang, or go on.
  public void pause(String name, boolean hangs) throws InterruptedException {
    try {
      node(name).signal(hangs ? "STOP" : "CONT");
      if (hangs) {
        paused.add(name);
      } else {
        paused.remove(name);
      }
    } catch (IOException e) {
      throw new TrialException("cannot signal " + name + ": " + e.getMessage(), e);
    }
  }

  /// Ends all nodes and the database, and removes the directory.
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try (cleanUp) {
      List<Thread> stops = new ArrayList<>();
      for (ChildNode node : nodes.values()) {
        stops.add(Thread.ofVirtual().start(() -> end(node)));
      }
      for (Thread stop : stops) {
        stop.join();
      }
      if (embedded != null) {
        embedded.stop();
      }
    } catch (IOException e) {
      throw new TrialException("cannot clean up " + directory + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Also one that hangs.
  private void end(ChildNode node) {
    if (node.isAlive()) {
      try {
        node.signal("CONT");
      } catch (IOException e) {
        // it has ended just now
        return;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      node.stop(STOP);
    }
    forget(node);
  }
}

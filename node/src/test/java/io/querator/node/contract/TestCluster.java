package io.querator.node.contract;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.client.Call;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueueStatsRequest;
import io.querator.node.NodeProcess;
import io.querator.storage.TestDirectories;
import io.querator.storage.TestPorts;
import io.querator.storage.TestPostgres;
import io.querator.storage.TestPostgresServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Nodes as processes, on one database of their own. Calls go to all of them in turn but those that
/// the test has taken out, as a load balancer would.
final class TestCluster implements AutoCloseable {
  static final String SECRET = "a secret of this test";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final TestPostgresServer database = TestPostgres.ownServer();
  private final Map<String, String> seeds = new TreeMap<>();
  private final Map<String, Path> directories = new TreeMap<>();
  private final Map<String, NodeProcess> nodes = new TreeMap<>();
  private final List<String> balanced = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final ApiClient api = new ApiClient(this::next);
  private final Map<String, ApiClient> apis = new ConcurrentHashMap<>();
  private final BinaryOperator<String> way;
  private final Function<String, List<String>> further;

  /// Starts nodes `a`, `b` and `c`, and waits until they serve.
  TestCluster() throws IOException {
    this((_, url) -> url);
  }

  /// @param way from a node's name and the database's URL to the one that this node uses
  TestCluster(BinaryOperator<String> way) throws IOException {
    this(way, _ -> List.of());
  }

  /// @param further flags of a node, by its name, each time that it starts
  TestCluster(Function<String, List<String>> further) throws IOException {
    this((_, url) -> url, further);
  }

  private TestCluster(BinaryOperator<String> way, Function<String, List<String>> further)
      throws IOException {
    this.way = way;
    this.further = further;
    for (String name : List.of("a", "b", "c")) {
      seeds.put(name, "127.0.0.1:" + TestPorts.reserve());
    }
    for (String name : seeds.keySet()) {
      directories.put(name, TestDirectories.create("cluster-" + name));
    }
    startAll();
  }

  /// Starts a node, of the seeds or not, and does not wait.
  private void startOne(String name, String... flags) {
    startOne(name, Map.of(), flags);
  }

  private void startOne(String name, Map<String, String> environment, String... flags) {
    try {
      Path directory = directories.computeIfAbsent(name, TestCluster::directory);
      TestPostgres.Database on = database.database();
      String list =
          seeds.entrySet().stream()
              .map(seed -> seed.getKey() + "=" + seed.getValue())
              .collect(Collectors.joining(","));
      List<String> given =
          new ArrayList<>(
              List.of(
                  "--name=" + name,
                  "--cluster-seeds=" + list,
                  "--cluster-secret=" + SECRET,
                  "--storages-0-url=" + way.apply(name, on.jdbcUrl()),
                  "--storages-0-user=" + on.user(),
                  "--storages-0-password=" + on.password()));
      given.addAll(further.apply(name));
      given.addAll(List.of(flags));
      nodes.put(
          name, NodeProcess.start(directory, List.of(), environment, given.toArray(String[]::new)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path directory(String name) {
    try {
      return TestDirectories.create("cluster-" + name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void awaitReady(String name) {
    node(name).awaitReady();
    balanced.add(name);
  }

  TestCluster start(String name, String... flags) {
    startOne(name, flags);
    awaitReady(name);
    return this;
  }

  /// Starts a node whose program can do less, or more, than the others'.
  TestCluster startOfLevel(String name, int featureLevel) {
    startOne(name, Map.of("JAVA_TOOL_OPTIONS", "-Dquerator.feature-level=" + featureLevel));
    awaitReady(name);
    return this;
  }

  NodeProcess node(String name) {
    return Objects.requireNonNull(nodes.get(name), name);
  }

  List<String> names() {
    return List.copyOf(nodes.keySet());
  }

  ApiClient api() {
    return api;
  }

  /// Calls go to one node only.
  ApiClient api(String name) {
    return apis.computeIfAbsent(name, _ -> new ApiClient(() -> node(name).uri()));
  }

  /// Where other nodes reach a seed.
  URI peer(String name) {
    return URI.create("http://" + seeds.get(name));
  }

  /// What a node tells of the cluster.
  JsonNode page(String name) {
    try {
      return new ObjectMapper().readTree(api(name).get("/cluster").body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private URI next() {
    List<String> now = List.copyOf(balanced);
    return node(now.get(Math.floorMod(turn.getAndIncrement(), now.size()))).uri();
  }

  /// Calls go there no more.
  TestCluster takeOut(String name) {
    balanced.remove(name);
    return this;
  }

  /// Calls go there again.
  void putBack(String name) {
    balanced.add(name);
  }

  /// Ends a node, which is taken out of the balance first.
  ///
  /// @param signal such as `KILL`
  /// @return its exit status
  int stop(String name, String signal) throws IOException, InterruptedException {
    takeOut(name);
    NodeProcess node = node(name);
    int status = node.signal(signal).awaitEnd();
    node.close();
    nodes.remove(name);
    return status;
  }

  /// Kills all nodes at the same moment.
  void killAll() throws IOException, InterruptedException {
    for (String name : names()) {
      node(name).signal("KILL");
    }
    for (String name : names()) {
      stop(name, "KILL");
    }
  }

  /// Starts all seeds, and waits until they serve.
  void startAll() {
    seeds.keySet().forEach(name -> startOne(name));
    seeds.keySet().forEach(this::awaitReady);
  }

  /// Has a node, which must not run, lose what it knows of who owns what.
  void wipe(String name) throws IOException {
    try (Stream<Path> files =
        Files.walk(Objects.requireNonNull(directories.get(name)).resolve("data/raft"))) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /// Has a node, which must not run, find its log of who owns what without its head.
  void damage(String name) throws IOException {
    Path log = Objects.requireNonNull(directories.get(name)).resolve("data/raft/ownership-1.log");
    try (FileChannel channel = FileChannel.open(log, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[64]), 0);
    }
  }

  /// A new queue, whose leases end after three seconds, and of which each node owns as many
  /// partitions.
  TestQueue queue(int partitions) {
    TestQueue queue =
        TestQueue.create(
            api,
            TestServer.freshName(),
            info -> info.setRequestedPartitions(partitions).setLeaseTimeout("3s"));
    awaitSpread(queue, partitions);
    return queue;
  }

  /// Who owns a queue's partitions that are served, by their numbers, as the first node says.
  Map<Integer, String> owners(TestQueue queue) {
    Map<Integer, String> owners = new TreeMap<>();
    for (JsonNode partition : page(names().getFirst()).path("partitions")) {
      if (partition.path("queue_name").asText().equals(queue.name())
          && partition.path("state").asText().equals("serving")) {
        owners.put(partition.path("partition").asInt(), partition.path("owner").asText());
      }
    }
    return owners;
  }

  /// Waits until each node owns as many of a queue's partitions, and serves them. One that was
  /// evicted lately owns nothing for a while.
  void awaitSpread(TestQueue queue, int partitions) {
    int each = partitions / nodes.size();
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(50))
        .until(() -> {
          Collection<String> owners = owners(queue).values();
          return names().stream().allMatch(name -> Collections.frequency(owners, name) == each);
        });
  }

  /// Waits until each of a queue's partitions is served, as every node says.
  void awaitServing(TestQueue queue, int partitions) {
    for (String name : names()) {
      QueueStatsRequest.Builder request = QueueStatsRequest.newBuilder().setQueueName(queue.name());
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(50))
          .until(() -> {
            QueueLogicalStats stats = api(name).ok(Call.QUEUE_STATS, request).getLogicalQueues(0);
            return stats.getPartitionsCount() == partitions
                && stats.getPartitionsList().stream().allMatch(one -> one.getFailures() == 0);
          });
    }
  }

  /// The node that leads, by what the nodes have told of themselves.
  String leader() {
    await().atMost(PATIENCE).until(() -> !leaders().isEmpty());
    return leaders().getFirst();
  }

  private List<String> leaders() {
    List<String> leaders = new ArrayList<>();
    nodes.forEach((name, node) -> {
      String output = node.output();
      if (output.lastIndexOf("leads the cluster node")
          > output.lastIndexOf("leads the cluster no longer")) {
        leaders.add(name);
      }
    });
    return leaders;
  }

  @Override
  public void close() {
    api.close();
    apis.values().forEach(ApiClient::close);
    try {
      for (NodeProcess node : nodes.values()) {
        node.signal("CONT").signal("KILL").awaitEnd();
        node.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      database.close();
    }
  }
}

package io.querator.chaos.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.chaos.network.Balancer;
import io.querator.chaos.network.Host;
import io.querator.chaos.network.Link;
import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import io.querator.client.ReplyCode;
import io.querator.client.message.ClusterNodeRequest;
import io.querator.client.message.StoragesDrainRequest;
import io.querator.node.process.ChildNode;
import io.querator.node.process.CleanUp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Nodes in processes of their own on one database, with a [Link] from each to each other, to the
/// database, and from the clients to each. None of it outlives this object or this JVM.
///
/// Nodes are started and stopped by one thread; others may ask.
public final class Cluster implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(90);

  /// Between two attempts at what only an attempt can tell to be possible.
  private static final long PAUSE_MILLIS = 100;

  private static final Duration STOP = Duration.ofSeconds(60);
  private static final Duration ASK = Duration.ofSeconds(1);
  private static final int SECRET_BYTES = 16;
  private static final String CLOCK = "clock";
  private static final String FIRST = "first";
  private static final String SECOND = "second";
  private static final String FENCED = "queue_commits_fenced_total ";
  private static final int OK = 200;
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final List<String> JVM =
      List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private final Path jar;
  private final Path directory;
  private final Path logDirectory;
  private final CleanUp cleanUp;
  private final Database database;
  private final @Nullable Database second;
  private final Balancer balancer;
  private final QueratorClient operator;
  private final String secret = secret();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(ASK).build();

  /// The ports where nodes reach each other.
  private final Map<String, Integer> peerPorts = new TreeMap<>();

  private final List<String> seeds = new ArrayList<>();
  private final HostSource hostSource;
  private final Map<String, Host> hosts = new ConcurrentHashMap<>();
  private final Map<String, NodeLog> logs = new TreeMap<>();
  private final Map<String, ChildNode> nodes = new ConcurrentSkipListMap<>();
  private final Map<String, Link> clientLinks = new ConcurrentHashMap<>();
  private final Map<String, Link> databaseLinks = new ConcurrentHashMap<>();
  private final Map<String, Link> secondLinks = new ConcurrentHashMap<>();

  /// The links between nodes by `from to`; a node that is no seed has one for all who call it.
  private final Map<String, Link> peerLinks = new ConcurrentHashMap<>();

  /// Makes the machine of a node.
  @FunctionalInterface
  public interface HostSource {
    Host make() throws IOException, InterruptedException;
  }

  /// Starts a database and nodes `n1`, `n2` and so on, and waits until they serve.
  ///
  /// @param jar the packaged node
  /// @param directory for it alone; removed in the end
  /// @param logDirectory for what each node prints, as `n1.log` and so on, which stays; those of an
  ///   earlier run are removed
  /// @param storage which database
  /// @param other a second one, over which partitions are spread, too; null: none
  /// @param size 3 to 7; all are seeds if that is an odd number up to 5, else the first three or
  ///   five
  /// @param hostSource makes what each runs on
  public Cluster(
      Path jar,
      Path directory,
      Path logDirectory,
      Storage storage,
      @Nullable Storage other,
      int size,
      HostSource hostSource)
      throws IOException, InterruptedException {
    this.jar = jar.toAbsolutePath();
    this.hostSource = hostSource;
    this.directory = Files.createDirectories(directory);
    this.logDirectory = Files.createDirectories(logDirectory);
    removeEarlierLogs();
    cleanUp = new CleanUp(directory);
    database = storage.start(directory.resolve("postgres"));
    second = other == null ? null : other.start(directory.resolve("second"));
    balancer = new Balancer();
    operator = QueratorClient.to(balancer.uri());
    for (int i = 1; i <= Math.min(5, size - 1 + size % 2); i++) {
      seeds.add("n" + i);
    }
    for (String seed : seeds) {
      prepare(seed);
    }
    for (int i = 1; i <= size; i++) {
      begin("n" + i);
    }
    for (String name : names()) {
      awaitReady(name);
    }
  }

  private static String secret() {
    byte[] random = new byte[SECRET_BYTES];
    ThreadLocalRandom.current().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  // Its parts

  /// The names of all nodes, dead ones too.
  public List<String> names() {
    return List.copyOf(nodes.keySet());
  }

  /// The nodes whose processes are there.
  public List<String> living() {
    return nodes.entrySet().stream()
        .filter(entry -> entry.getValue().isAlive())
        .map(Map.Entry::getKey)
        .toList();
  }

  public boolean isSeed(String name) {
    return seeds.contains(name);
  }

  public Database database() {
    return database;
  }

  /// One of the two databases, or the one that there is.
  public Database database(int choice) {
    return second == null || choice % 2 == 0 ? database : second;
  }

  /// Where clients call.
  public Balancer balancer() {
    return balancer;
  }

  /// From a node to the database, if that is [Storage#isBehindLinks].
  public Link databaseLink(String name) {
    return Objects.requireNonNull(databaseLinks.get(name), name);
  }

  /// From clients to a node.
  public Link clientLink(String name) {
    return Objects.requireNonNull(clientLinks.get(name), name);
  }

  /// From one node to another; for a node that is no seed, the link of all who call it.
  public Link peerLink(String from, String to) {
    return Objects.requireNonNull(peerLinks.get(linkKey(from, to)), to);
  }

  /// All links between nodes.
  public List<Link> peerLinks() {
    return List.copyOf(peerLinks.values());
  }

  /// All links from nodes to the database.
  public List<Link> databaseLinks() {
    return List.copyOf(databaseLinks.values());
  }

  private String linkKey(String from, String to) {
    return isSeed(to) ? from + " " + to : to;
  }

  public ChildNode node(String name) {
    return Objects.requireNonNull(nodes.get(name), name);
  }

  /// What a node runs on.
  public Host host(String name) {
    return Objects.requireNonNull(hosts.get(name), name);
  }

  // Nodes come and go

  /// Starts a node, and waits until it serves.
  public void start(String name) throws IOException, InterruptedException {
    begin(name);
    awaitReady(name);
  }

  /// Starts a node.
  public void begin(String name) throws IOException, InterruptedException {
    if (!peerPorts.containsKey(name)) {
      prepare(name);
    }
    String address = host(name).address().getHostAddress() + ":";
    int own = Objects.requireNonNull(peerPorts.get(name));
    Map<String, String> settings = new HashMap<>();
    database
        .settings(entry(database, databaseLinks, name, "database"))
        .forEach((key, value) -> settings.put(ChildNode.variable("storages.0." + key), value));
    if (second != null) {
      second
          .settings(entry(second, secondLinks, name, "second database"))
          .forEach((key, value) -> settings.put(ChildNode.variable("storages.1." + key), value));
      settings.put(ChildNode.variable("storages.0.name"), FIRST);
      settings.put(ChildNode.variable("storages.1.name"), SECOND);
    }
    settings.put(ChildNode.variable("name"), name);
    settings.put(ChildNode.variable("listen"), address + 0);
    settings.put(ChildNode.variable("data"), home(name).toString());
    settings.put(ChildNode.variable("cluster.secret"), secret);
    settings.put(ChildNode.variable("cluster.seeds"), seeds(name));
    settings.put(ChildNode.variable("cluster.listen"), address + own);
    if (!isSeed(name)) {
      Link toThis =
          link(peerLinks, name, "nodes to " + name, host(name).gateway(), () -> peerAddress(name));
      settings.put(ChildNode.variable("cluster.address"), toThis.entry());
    }
    Path home = Files.createDirectories(home(name));
    Path clock = home.resolve(CLOCK);
    if (!Files.exists(clock)) {
      moveClock(name, 0);
    }
    List<String> jvm = new ArrayList<>(JVM);
    jvm.add("-Dquerator.clock-offset-file=" + clock);
    ChildNode started =
        ChildNode.start(
            home,
            host(name).prefix(),
            List.of("-jar", jar.toString()),
            jvm,
            settings,
            log(name)::add);
    cleanUp.watch(started.pid());
    nodes.put(name, started);
  }

  private void removeEarlierLogs() throws IOException {
    try (DirectoryStream<Path> earlier = Files.newDirectoryStream(logDirectory, "*.log")) {
      for (Path log : earlier) {
        Files.delete(log);
      }
    }
  }

  private NodeLog log(String name) throws IOException {
    NodeLog log = logs.get(name);
    if (log == null) {
      log = new NodeLog(logDirectory.resolve(name + ".log"), NodeLog.LENGTH_MAX);
      logs.put(name, log);
    }
    return log;
  }

  /// Where a node finds a database; empty if it needs no link.
  private String entry(Database of, Map<String, Link> links, String name, String what)
      throws IOException {
    return of.address().isEmpty()
        ? ""
        : link(
                links,
                name,
                name + " to " + what,
                host(name).gateway(),
                () -> of.address().orElseThrow())
            .entry();
  }

  private void prepare(String name) throws IOException, InterruptedException {
    hosts.put(name, hostSource.make());
    peerPorts.put(name, ChildNode.freePort());
  }

  private InetSocketAddress peerAddress(String name) {
    return new InetSocketAddress(host(name).address(), Objects.requireNonNull(peerPorts.get(name)));
  }

  /// Has the wall clock of a node be ahead of this machine's.
  ///
  /// @param millis negative: behind
  public void moveClock(String name, int millis) throws IOException {
    // as a whole, since the node may read it at any moment
    Path next = Files.writeString(home(name).resolve(CLOCK + ".next"), Integer.toString(millis));
    Files.move(next, home(name).resolve(CLOCK), StandardCopyOption.ATOMIC_MOVE);
  }

  private Path home(String name) {
    return directory.resolve(name);
  }

  /// The seeds as this node reaches them: each by a link of its own.
  private String seeds(String name) throws IOException {
    List<String> list = new ArrayList<>();
    for (String seed : seeds) {
      list.add(seed + "=" + seedAddress(name, seed));
    }
    return String.join(",", list);
  }

  private String seedAddress(String name, String seed) throws IOException {
    InetSocketAddress address = peerAddress(seed);
    return seed.equals(name)
        ? address.getAddress().getHostAddress() + ":" + address.getPort()
        : link(
                peerLinks,
                linkKey(name, seed),
                name + " to " + seed,
                host(name).gateway(),
                () -> address)
            .entry();
  }

  private static Link link(
      Map<String, Link> links,
      String key,
      String name,
      InetAddress entry,
      Supplier<InetSocketAddress> target)
      throws IOException {
    Link link = links.get(key);
    if (link == null) {
      link = new Link(name, entry, () -> Optional.of(target.get()));
      links.put(key, link);
    }
    return link;
  }

  /// Waits until a node serves, and has clients sent to it.
  public void awaitReady(String name) throws IOException, InterruptedException {
    node(name).awaitReady(START);
    if (!clientLinks.containsKey(name)) {
      Link link = new Link("clients to " + name, () -> apiAddress(name));
      clientLinks.put(name, link);
      balancer.add(link.port());
    }
  }

  private Optional<InetSocketAddress> apiAddress(String name) {
    return node(name)
        .readyUri()
        .map(uri -> new InetSocketAddress(host(name).address(), uri.getPort()));
  }

  /// Ends a node as `kill -9` does.
  public void kill(String name) throws IOException, InterruptedException {
    node(name).kill();
    cleanUp.forget(node(name).pid());
  }

  /// Stops a node as SIGTERM does.
  public void stop(String name) throws IOException {
    node(name).stop(STOP);
    cleanUp.forget(node(name).pid());
  }

  /// Has the other nodes take the partitions of a node.
  public void drain(String name) throws InterruptedException {
    onceHeardOf(() -> operator.drainNode(request(name)));
  }

  /// Lets a node own partitions again.
  public void undrain(String name) throws InterruptedException {
    onceHeardOf(() -> operator.undrainNode(request(name)));
  }

  /// Has all partitions move to the first, or to the second database.
  public void movePartitions(boolean toFirst) throws InterruptedException {
    StoragesDrainRequest from =
        StoragesDrainRequest.newBuilder().setStorage(toFirst ? SECOND : FIRST).build();
    onceHeardOf(() -> operator.drainStorage(from));
  }

  /// A node whose messages come late may be none of the cluster for a moment.
  private static void onceHeardOf(Runnable command) throws InterruptedException {
    long deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        command.run();
        return;
      } catch (QueratorException e) {
        if (e.code() != ReplyCode.BAD_REQUEST.code() || System.nanoTime() - deadline > 0) {
          throw e;
        }
        // no node tells when it is heard of again
        Thread.sleep(PAUSE_MILLIS);
      }
    }
  }

  private static ClusterNodeRequest request(String name) {
    return ClusterNodeRequest.newBuilder().setNode(name).build();
  }

  /// Has a node, which must not run, lose its part of the table of who owns what.
  public void wipe(String name) throws IOException {
    Path raft = home(name).resolve("raft");
    if (!Files.exists(raft)) {
      return;
    }
    try (Stream<Path> files = Files.walk(raft)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /// Takes a node away that has ended, for good.
  public void remove(String name) throws IOException {
    Link link = clientLinks.remove(name);
    if (link != null) {
      balancer.remove(link.port());
      link.close();
    }
    nodes.remove(name);
    host(name).close();
  }

  // What nodes tell

  /// What a node tells of the cluster; empty if it does not answer.
  public Optional<JsonNode> page(String name) throws InterruptedException {
    Optional<String> body = get(name, "/cluster");
    try {
      return body.isPresent() ? Optional.of(JSON.readTree(body.get())) : Optional.empty();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(name + " does not answer in JSON", e);
    }
  }

  /// How many commits of a node the database has refused since it started; empty if it does not
  /// answer.
  public OptionalLong fenced(String name) throws InterruptedException {
    return get(name, "/metrics").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(FENCED))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(FENCED.length())))
        .findFirst();
  }

  private Optional<String> get(String name, String path) throws InterruptedException {
    ChildNode node = nodes.get(name);
    Optional<InetSocketAddress> api =
        node == null || !node.isAlive() ? Optional.empty() : apiAddress(name);
    if (api.isEmpty()) {
      return Optional.empty();
    }
    try {
      String host = api.get().getAddress().getHostAddress() + ":" + api.get().getPort();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://" + host + path)).timeout(ASK).build();
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == OK ? Optional.of(response.body()) : Optional.empty();
    } catch (IOException e) {
      // it is broken just now
      return Optional.empty();
    }
  }

  /// What the first node tells that answers.
  public Optional<JsonNode> page() throws InterruptedException {
    for (String name : names()) {
      Optional<JsonNode> page = page(name);
      if (page.isPresent()) {
        return page;
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    try (cleanUp;
        second;
        database;
        balancer;
        operator) {
      http.shutdownNow();
      for (ChildNode node : nodes.values()) {
        node.kill();
      }
      hosts.values().forEach(Host::close);
      for (Map<String, Link> links : List.of(clientLinks, databaseLinks, secondLinks, peerLinks)) {
        for (Link link : links.values()) {
          link.close();
        }
      }
      for (NodeLog log : logs.values()) {
        log.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

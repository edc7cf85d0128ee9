package io.querator.benchmarks;

import io.querator.benchmarks.sides.PostgresServer;
import io.querator.benchmarks.sides.QueratorSide;
import io.querator.client.QueratorClient;
import io.querator.client.QueratorException;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueueLeaseRequest;
import io.querator.client.message.QueueProduceItem;
import io.querator.client.message.QueueProduceRequest;
import io.querator.node.process.ChildNode;
import io.querator.node.process.CleanUp;
import io.querator.node.process.ProcessTimes;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// Measures a node that has much to keep and nothing to do.
final class Idle implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(40);
  private static final Duration ANSWER = Duration.ofSeconds(10);
  private static final int WORKERS = 8;
  private static final int FILL_BATCH = 1_000;
  private static final int PAYLOAD_BYTES = 100;
  private static final double NANOS = 1e9;
  private static final double MEBIBYTE = 1 << 20;
  private static final String HEAP = "jvm_memory_used_bytes{area=\"heap\"";
  private static final String TRANSACTIONS =
      "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";

  private final IdleOptions options;
  private final Consumer<String> progress;
  private final Path directory;
  private final CleanUp cleanUp;

  private Idle(IdleOptions options, Consumer<String> progress) throws IOException {
    this.options = options;
    this.progress = progress;
    directory =
        Files.createTempDirectory(Files.createDirectories(options.directory()), "querator-idle-");
    cleanUp = new CleanUp(directory);
  }

  /// @param progress gets a line for whatever takes long
  /// @return lines of `name: value`
  static List<String> of(IdleOptions options, Consumer<String> progress)
      throws IOException, SQLException, InterruptedException {
    try (Idle idle = new Idle(options, progress)) {
      return idle.run();
    }
  }

  private List<String> run() throws IOException, SQLException, InterruptedException {
    progress.accept("starting a database in " + directory);
    try (PostgresServer server = PostgresServer.start(directory.resolve("postgres"), progress)) {
      ChildNode first = start(server);
      try (QueratorClient client = QueratorClient.to(first.uri())) {
        prepare(client);
      } finally {
        stop(first);
      }
      progress.accept("starting a node");
      long begun = System.nanoTime();
      ChildNode node = start(server);
      try {
        double ready = seconds(System.nanoTime() - begun);
        lease(node);
        double leased = seconds(System.nanoTime() - begun);
        List<String> lines = new ArrayList<>();
        lines.add("database: " + server.settings());
        lines.add(
            "queues: %,d with %d partitions each, %,d items waiting in the first"
                .formatted(options.queues(), options.partitions(), options.depth()));
        lines.add(line("ready after", ready, "s"));
        lines.add(line("an item of the first queue leased after", leased, "s"));
        lines.addAll(watch(server, node));
        return lines;
      } finally {
        stop(node);
      }
    }
  }

  private ChildNode start(PostgresServer server) throws IOException, InterruptedException {
    return QueratorSide.startNode(server, options.jar(), directory, cleanUp);
  }

  private void stop(ChildNode node) throws IOException {
    node.stop(STOP);
    cleanUp.forget(node.pid());
  }

  private void prepare(QueratorClient client) {
    progress.accept("making %,d queues".formatted(options.queues()));
    forEach(
        options.queues(),
        1,
        from ->
            client.createQueue(
                QueueInfo.newBuilder()
                    .setQueueName(queue(from))
                    .setLeaseTimeout("1m")
                    .setExpireTimeout("24h")
                    .setRequestedPartitions(options.partitions())
                    .build()));
    progress.accept("producing %,d items".formatted(options.depth()));
    forEach(options.depth(), FILL_BATCH, from -> client.produce(items(from)));
  }

  private QueueProduceRequest items(int from) {
    QueueProduceItem item =
        QueueProduceItem.newBuilder()
            .setKind("bench")
            .setReference("item")
            .setUtf8("x".repeat(PAYLOAD_BYTES))
            .build();
    QueueProduceRequest.Builder request =
        QueueProduceRequest.newBuilder().setQueueName(queue(0)).setRequestTimeout("1m");
    for (int i = from; i < Math.min(options.depth(), from + FILL_BATCH); i++) {
      request.addItems(item);
    }
    return request.build();
  }

  private static String queue(int number) {
    return "idle-" + number;
  }

  /// Has a few workers do something for 0, `step`, 2 `step` … below `end`.
  private static void forEach(int end, int step, IntConsumer action) {
    AtomicLong next = new AtomicLong();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<Void>> workers = new ArrayList<>();
      for (int i = 0; i < WORKERS; i++) {
        workers.add(
            CompletableFuture.runAsync(
                () -> {
                  for (long at = next.getAndAdd(step); at < end; at = next.getAndAdd(step)) {
                    action.accept((int) at);
                  }
                },
                threads));
      }
      CompletableFuture.allOf(workers.toArray(CompletableFuture[]::new)).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof QueratorException known ? known : e;
    }
  }

  private static void lease(ChildNode node) {
    QueueLeaseRequest request =
        QueueLeaseRequest.newBuilder()
            .setQueueName(queue(0))
            .setClientId("bench")
            .setBatchSize(1)
            .setRequestTimeout("10s")
            .build();
    try (QueratorClient client = QueratorClient.to(node.uri())) {
      client.lease(request);
    }
  }

  private List<String> watch(PostgresServer server, ChildNode node)
      throws IOException, SQLException, InterruptedException {
    progress.accept("letting it come to rest for " + options.settled().toSeconds() + " s");
    Thread.sleep(options.settled()); // asked for: nothing tells when a JVM has come to rest
    progress.accept("watching it for " + options.measured().toSeconds() + " s");
    Duration nodeBefore = cpu(node);
    Duration databaseBefore = server.cpu();
    long before = server.number(TRANSACTIONS);
    long begun = System.nanoTime();
    Thread.sleep(options.measured()); // what passes while nothing happens is what is measured
    double passed = seconds(System.nanoTime() - begun);
    double nodeCpu = seconds(cpu(node).minus(nodeBefore).toNanos());
    double databaseCpu = seconds(server.cpu().minus(databaseBefore).toNanos());
    long transactions = server.number(TRANSACTIONS) - before;
    return List.of(
        line("processor time of the node", nodeCpu / passed * 100, "% of a core"),
        line("processor time of the database", databaseCpu / passed * 100, "% of a core"),
        line("transactions", transactions / passed, "a second, the two that count them included"),
        line("heap of the node after a collection", heap(node) / MEBIBYTE, "MiB"));
  }

  private static Duration cpu(ChildNode node) throws IOException {
    return ProcessTimes.family(node.pid())
        .orElseThrow(
            () -> new IOException("no processor times of the node: not on Linux, or gone"));
  }

  /// In bytes.
  private static double heap(ChildNode node) throws IOException, InterruptedException {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process collection =
        new ProcessBuilder(jcmd.toString(), Long.toString(node.pid()), "GC.run")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectErrorStream(true)
            .start();
    if (collection.waitFor() != 0) {
      throw new IOException("jcmd ended with " + collection.exitValue());
    }
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(node.uri().resolve("/metrics")).timeout(ANSWER).build();
      return http.send(request, BodyHandlers.ofString())
          .body()
          .lines()
          .filter(line -> line.startsWith(HEAP))
          .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
          .reduce(Double::sum)
          .orElseThrow(() -> new IOException("the node does not tell its heap"));
    }
  }

  private static double seconds(long nanos) {
    return nanos / NANOS;
  }

  private static String line(String name, double value, String unit) {
    return String.format(Locale.ROOT, "%s: %,.2f %s", name, value, unit);
  }

  @Override
  public void close() throws IOException {
    cleanUp.close();
  }
}

package io.querator.node.bench;

import io.querator.client.QueratorClient;
import io.querator.client.message.QueueInfo;
import io.querator.client.message.QueuesDeleteRequest;
import io.querator.node.bench.Figures.Seconds;
import io.querator.node.bench.Options.Timing;
import io.querator.node.process.MachineTimes;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.function.Consumer;

/// Measures one node, a batch size after the other, each with a queue of its own.
final class Measurements implements AutoCloseable {
  private static final Duration TOLD_EVERY = Duration.ofSeconds(1);

  private final Subject subject;
  private final Consumer<String> progress;
  private final QueratorClient client;
  private final Metrics metrics;

  Measurements(Subject subject, Consumer<String> progress) {
    this.subject = subject;
    this.progress = progress;
    client = QueratorClient.to(subject.uris().getFirst());
    metrics = new Metrics(subject.uris());
  }

  List<Figures> run(Options options) throws InterruptedException {
    List<Figures> figures = new ArrayList<>();
    for (int run = 1; run <= options.timing().runs(); run++) {
      for (int batch : options.batches()) {
        figures.add(measure(run, batch, options));
      }
    }
    return figures;
  }

  private Figures measure(int run, int batch, Options options) throws InterruptedException {
    String queue = "bench-" + UUID.randomUUID();
    LoadShape shape = options.shape();
    client.createQueue(
        QueueInfo.newBuilder()
            .setQueueName(queue)
            .setLeaseTimeout("10m")
            .setExpireTimeout("24h")
            .setRequestedPartitions(shape.partitions())
            .build());
    List<URI> consumeAt = options.target().consumeUrls();
    try (Connection _ = shape.conditions().snapshot() ? holdSnapshot() : null;
        Load load =
            new Load(
                subject.uris(),
                consumeAt.isEmpty() ? subject.uris() : consumeAt,
                queue,
                shape,
                batch)) {
      if (!shape.conditions().text().isEmpty()) {
        progress.accept("preparing the queue" + shape.conditions().text());
      }
      load.prepare();
      load.start();
      return measure(run, batch, load, options.timing());
    } catch (SQLException e) {
      throw new BenchException("cannot let the snapshot of the database go: " + e.getMessage(), e);
    } finally {
      client.deleteQueue(
          QueuesDeleteRequest.newBuilder().setQueueName(queue).setForce(true).build());
    }
  }

  private Connection holdSnapshot() {
    return subject
        .database()
        .orElseThrow(() -> new BenchException("no database to hold a snapshot of", null))
        .holdSnapshot();
  }

  private Figures measure(int run, int batch, Load load, Timing timing)
      throws InterruptedException {
    String name = "run %d, batch %d".formatted(run, batch);
    var _ = pass(load, timing.warmUp(), name + ", warm-up");
    Reading begin = read(load);
    var _ = load.latencies().take();
    Seconds seconds = pass(load, timing.measured(), name);
    var latencies = load.latencies().take();
    Reading end = read(load);
    load.end();
    return Figures.between(run, batch, begin, end, seconds, latencies);
  }

  private Seconds pass(Load load, Duration time, String name) throws InterruptedException {
    List<Double> rates = new ArrayList<>();
    List<Long> bytes = new ArrayList<>();
    long begunNanos = System.nanoTime();
    long toldNanos = begunNanos;
    long told = load.items();
    while (!load.isOver()) {
      long now = System.nanoTime();
      Duration left = time.minusNanos(now - begunNanos);
      if (!left.isPositive()) {
        break;
      }
      load.pass(left.compareTo(TOLD_EVERY) < 0 ? left : TOLD_EVERY);
      long after = System.nanoTime();
      long items = load.items();
      double rate = (items - told) / ((after - toldNanos) / 1e9);
      rates.add(rate);
      subject.database().map(Database::bytes).ifPresent(bytes::add);
      progress.accept(
          "%s: %d of %d s, %,.0f items/s"
              .formatted(name, Math.round((after - begunNanos) / 1e9), time.toSeconds(), rate));
      toldNanos = after;
      told = items;
    }
    return new Seconds(rates, bytes);
  }

  private Reading read(Load load) throws InterruptedException {
    Metrics.Pages nodes = metrics.read();
    OptionalDouble commits = nodes.commits();
    OptionalDouble cpuNanos = nodes.cpuNanos();
    Duration database = subject.database().flatMap(Database::cpu).orElse(null);
    Long walBytes = subject.database().map(Database::walBytes).orElse(null);
    Long deadRows = subject.database().map(Database::deadRows).orElse(null);
    return new Reading(
        System.nanoTime(),
        load.items(),
        ProcessHandle.current().info().totalCpuDuration().orElse(null),
        cpuNanos.isPresent() ? Duration.ofNanos((long) cpuNanos.getAsDouble()) : null,
        database,
        walBytes,
        deadRows,
        commits.isPresent() ? (long) commits.getAsDouble() : null,
        MachineTimes.now().orElse(null));
  }

  @Override
  public void close() {
    metrics.close();
    client.close();
  }
}

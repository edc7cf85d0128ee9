package io.querator.chaos;

import io.querator.chaos.cluster.Cluster;
import io.querator.chaos.fault.FaultKind;
import io.querator.chaos.fault.Injector;
import io.querator.chaos.fault.Plan;
import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.chaos.network.Host;
import io.querator.chaos.network.Namespace;
import io.querator.chaos.report.Report;
import io.querator.chaos.workload.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// One run, from an empty directory to its report.
public final class ChaosRun {
  private static final Duration WATCH_INTERVAL = Duration.ofMillis(200);
  private static final Duration WARM_UP = Duration.ofSeconds(3);

  private final Options options;
  private final Consumer<String> progress;
  private final Path historyFile;

  private ChaosRun(Options options, Consumer<String> progress) throws IOException {
    this.options = options;
    this.progress = progress;
    historyFile = Files.createDirectories(options.report()).resolve("history.jsonl");
  }

  /// Makes it.
  ///
  /// @param progress gets a line for whatever happens
  /// @throws IllegalStateException if a client fails, or nodes do not come back
  public static Report of(Options options, Consumer<String> progress)
      throws IOException, InterruptedException {
    ChaosRun run = new ChaosRun(options, progress);
    run.record();
    progress.accept("judging");
    return Report.of(run.historyFile);
  }

  private void record() throws IOException, InterruptedException {
    progress.accept(
        "starting %d nodes on %s, seed %d"
            .formatted(options.nodes(), options.storages(), options.seed()));
    Path directory = Files.createTempDirectory("querator-chaos-");
    try (Cluster cluster =
            new Cluster(
                options.jar(),
                directory,
                options.report().resolve("nodes"),
                options.storage(),
                options.second(),
                options.nodes(),
                options.namespaces() ? Namespace::new : () -> Host.SHARED);
        History history = new History(historyFile)) {
      work(cluster, history);
    }
  }

  private void work(Cluster cluster, History history) throws IOException, InterruptedException {
    Instant startedAt = Instant.now();
    long startNanos = System.nanoTime();
    history.add(
        new Entry.Setup(
            options.seed(),
            options.nodes(),
            options.storages(),
            startedAt.toEpochMilli(),
            options.faults().stream().map(FaultKind::text).collect(Collectors.joining(","))));
    try (Workload workload =
        new Workload(
            cluster.balancer().uri(),
            options.nodes(),
            options.seed(),
            history,
            () -> System.nanoTime() - startNanos,
            startedAt)) {
      workload.prepare();
      workload.start();
      CountDownLatch end = new CountDownLatch(1);
      Watcher watcher = new Watcher(cluster, history, () -> System.nanoTime() - startNanos);
      FutureTask<Boolean> watching = new FutureTask<>(() -> watch(watcher, workload, end), true);
      Thread.ofVirtual().name("watch").start(watching);
      try {
        boolean _ = end.await(WARM_UP.toMillis(), TimeUnit.MILLISECONDS);
        long faultsNanos = System.nanoTime();
        Plan plan = Plan.of(options.seed(), options.faults(), options.time().toMillis());
        new Injector(cluster, history, () -> System.nanoTime() - startNanos, progress)
            .run(plan, end);
        long rest = options.time().toNanos() - (System.nanoTime() - faultsNanos);
        boolean _ = end.await(rest, TimeUnit.NANOSECONDS);
      } finally {
        end.countDown();
      }
      await(watching);
      progress.accept("waiting for the last leases");
      workload.finish();
    }
  }

  private static void await(Future<?> watching) throws InterruptedException {
    try {
      watching.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("nobody watched the nodes any more", e.getCause());
    }
  }

  /// Records what the nodes tell, and ends the run if a client fails.
  private void watch(Watcher watcher, Workload workload, CountDownLatch end) {
    try {
      while (!end.await(WATCH_INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        watcher.askNext();
        if (workload.hasFailed()) {
          progress.accept("a client has failed");
          end.countDown();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

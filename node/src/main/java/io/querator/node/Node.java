package io.querator.node;

import io.querator.node.api.OpenApi;
import io.querator.node.config.NodeSettings;
import io.querator.node.health.HealthAnswer;
import io.querator.node.health.HealthReporter;
import io.querator.node.health.NodeState;
import io.querator.node.health.NodeState.Phase;
import io.querator.node.http.Authenticator;
import io.querator.node.http.CallHandlers;
import io.querator.node.http.HttpApi;
import io.querator.node.http.HttpLoad;
import io.querator.node.http.HttpServer;
import io.querator.node.http.Page;
import io.querator.node.metric.NodeMetrics;
import io.querator.node.service.NodeService;
import io.querator.node.service.SteadyClock;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One node: everything that serves queues in this process, put together.
///
/// [#start] and [#close] are called once each, the latter also while the other is under way.
public final class Node implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Node.class);

  /// How long a stop waits for a start that it interrupts.
  private static final Duration START_END = Duration.ofSeconds(60);

  private static final int OK = 200;

  private final NodeSettings settings;
  private final InstantSource clock = new SteadyClock(WallClock.system());
  private final NodeState state = new NodeState();
  private final NodeMetrics metrics = new NodeMetrics(NodeVersion.text());
  private final HealthReporter health;
  private final StopRequest stop = new StopRequest();
  private final CountDownLatch startEnded = new CountDownLatch(1);
  private volatile @Nullable Thread starter;
  private volatile @Nullable HttpServer http;
  private volatile @Nullable Databases databases;
  private volatile @Nullable NodeService service;
  private volatile @Nullable ClusterSeat seat;

  public Node(NodeSettings settings) {
    this.settings = settings;
    health = new HealthReporter(NodeVersion.text(), state, settings.health(), clock);
  }

  /// Starts everything. The port is taken first: so health is answered while the storages are
  /// waited for, and a port in use is told before a database is touched.
  ///
  /// @throws StartException if the node cannot start; it must be closed nevertheless
  public void start() {
    starter = Thread.currentThread();
    try {
      stop.check();
      HttpServer server = Listener.start(settings, api());
      http = server;
      log.atInfo()
          .addKeyValue("host", settings.listen().host())
          .addKeyValue("port", server.port())
          .log("listening");
      observe(server);
      long deadlineNanos = System.nanoTime() + settings.startTimeout().toNanos();
      Databases opening = new Databases(settings, metrics.registry(), stop);
      databases = opening;
      opening.open(deadlineNanos);
      health.watch(opening.questions());
      ClusterSeat joining =
          new ClusterSeat(settings, clock, state, server.port(), metrics.forwards()::passed);
      seat = joining;
      NodeService opened =
          Services.create(settings, opening, clock, metrics.turns(), joining.seat());
      service = opened;
      observe(opened);
      health.tell(opened.missing()::problems);
      ClusterReadings.show(metrics, joining.member());
      joining.member().onChange(view -> state.draining(view.draining().contains(joining.node())));
      server.serve(joining.serve(opened));
      state.advance(Phase.JOINING);
      CompletableFuture<?> settled = opened.start();
      CompletableFuture<?> found = joining.vote(opened);
      // it is given partitions as soon as it joins, which wait for what is not ready by then
      boolean _ = stop.await(opened.read(), remaining(deadlineNanos));
      joining.member().join();
      awaitOthers(found, deadlineNanos);
      open(settled, deadlineNanos);
      state.advance(Phase.SERVING);
      log.atInfo()
          .addKeyValue("host", settings.listen().host())
          .addKeyValue("port", server.port())
          .log("ready");
    } finally {
      startEnded.countDown();
    }
  }

  /// Finds the other nodes, of which most that keep the table must be there.
  private void awaitOthers(CompletableFuture<?> found, long deadlineNanos) {
    if (!stop.await(found, remaining(deadlineNanos))) {
      throw new StartException(
          "most of the nodes in cluster.seeds cannot be reached, or have another cluster.secret: "
              + settings.cluster().seeds(),
          null);
    }
  }

  private static Duration remaining(long deadlineNanos) {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  /// Waits until this node's partitions are open. Those that take too long are opened behind the
  /// first calls, which wait for them.
  private void open(CompletableFuture<?> settled, long deadlineNanos) {
    if (!stop.await(settled, remaining(deadlineNanos))) {
      log.atWarn().log("serving, though some partitions are not open yet");
    }
  }

  /// The port that it listens on.
  ///
  /// @throws IllegalStateException if it does not
  public int port() {
    HttpServer server = http;
    if (server == null) {
      throw new IllegalStateException("not listening");
    }
    return server.port();
  }

  private HttpApi api() {
    Map<String, Page> pages =
        Map.of(
            "/cluster",
            this::cluster,
            "/health",
            page(health::health),
            "/health/live",
            page(health::live),
            "/health/ready",
            page(health::ready),
            OpenApi.PATH,
            OpenApi.page(),
            "/metrics",
            () -> new Page.Content(OK, NodeMetrics.CONTENT_TYPE, metrics.text()));
    return new HttpApi(
        CallHandlers.builder().build(),
        pages,
        new Gate(state, Authenticator.NONE),
        metrics.calls()::answered);
  }

  private Page.Content cluster() {
    ClusterSeat sitting = seat;
    NodeService serving = service;
    return sitting == null || serving == null
        ? ClusterPage.starting()
        : ClusterPage.of(sitting.member(), serving.queues(), serving.missing());
  }

  private static Page page(Supplier<HealthAnswer> supplier) {
    return () -> {
      HealthAnswer answer = supplier.get();
      return new Page.Content(answer.code(), answer.type(), answer.body());
    };
  }

  private void observe(HttpServer server) {
    Supplier<HttpLoad> load = server::load;
    metrics.gauge("http_connections", "Open connections.", () -> load.get().connections());
    metrics.gauge(
        "http_calls_in_flight", "Calls under way, waiting ones too.", () -> load.get().calls());
    metrics.gauge("http_body_bytes", "Bodies in memory.", () -> load.get().bodyBytes());
  }

  private void observe(NodeService opened) {
    metrics.observe(new QueueReadings(opened.queues()), settings.metrics(), clock);
    metrics.gauge("queue_leases", "Items under a lease on this node.", opened::leasedItems);
    metrics.gauge("queue_leases_max", "How many there may be.", settings.queue()::leasesMax);
    metrics.gauge(
        "queue_missing_partitions",
        "Partitions whose storage this node does not have, or that are not in it.",
        opened.missing()::size);
    metrics.gauge("queue_window_bytes", "Ready items held in memory.", opened::windowBytes);
    long windowBytes = settings.queue().windowBytes(Runtime.getRuntime().maxMemory());
    metrics.gauge("queue_window_max_bytes", "How much that may be.", () -> windowBytes);
  }

  /// Stops everything: first the node is no longer ready and hands its partitions to others, if
  /// there are any, then no connection is accepted and what is under way is answered, then
  /// partitions, storages and the embedded database are closed.
  ///
  /// @throws RuntimeException if something did not close as it should; the rest is closed
  ///   nevertheless
  @Override
  public void close() {
    ClusterSeat sitting = seat;
    Closing closing = new Closing();
    if (sitting != null && state.phase() == Phase.SERVING) {
      closing.step(() -> leave(sitting));
    }
    boolean left = state.phase() == Phase.LEAVING;
    state.advance(left ? Phase.LEFT : Phase.STOPPING);
    stop.make();
    closing.step(this::awaitStart);
    NodeService serving = service;
    HttpServer server = http;
    Databases opened = databases;
    ClusterSeat joined = seat;
    if (serving != null) {
      closing.step(() -> serving.drain(left));
    }
    if (server != null) {
      closing.step(server::close);
    }
    if (serving != null) {
      closing.step(() -> serving.close(settings.shutdownTimeout()));
    }
    if (joined != null) {
      closing.step(joined::close);
    }
    if (opened != null) {
      closing.step(opened::close);
    }
    closing.step(metrics::close);
    closing.end();
  }

  private void leave(ClusterSeat sitting) {
    Departure departure = new Departure(sitting.member(), settings.cluster().drainDelay());
    if (departure.isDue()) {
      state.advance(Phase.LEAVING);
      departure.run();
    }
  }

  private void awaitStart() {
    Thread starting = starter;
    if (starting == null || startEnded.getCount() == 0) {
      return;
    }
    starting.interrupt();
    try {
      if (!startEnded.await(START_END.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the start did not end within " + START_END);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while stopping", e);
    }
  }
}

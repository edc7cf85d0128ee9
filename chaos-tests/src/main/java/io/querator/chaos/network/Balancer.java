package io.querator.chaos.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// A load balancer for connections. It asks each node's `/health/ready` several times a second,
/// gives new connections to the ready nodes in turn, and ends those to a node that does not answer,
/// as HAProxy does with `on-marked-down shutdown-sessions`.
public final class Balancer implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofMillis(250);
  private static final Duration TIMEOUT = Duration.ofMillis(700);
  private static final int FALL = 2;
  private static final int OK = 200;

  private final Link link;
  private final List<Server> servers = new CopyOnWriteArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final ScheduledExecutorService checks =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("balancer").factory());

  /// A node as it was last seen. Its marks belong to the answers of its checks, one at a time.
  private static final class Server {
    final InetSocketAddress address;
    volatile boolean ready;
    volatile boolean asked;
    int failures;

    Server(int port) {
      address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
  }

  public Balancer() throws IOException {
    link = new Link("clients to nodes", this::next);
    checks.scheduleWithFixedDelay(this::check, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Where clients connect to.
  public URI uri() {
    return URI.create("http://127.0.0.1:" + link.port());
  }

  /// Adds a node.
  ///
  /// @param port of the link that leads there
  public void add(int port) {
    servers.add(new Server(port));
  }

  /// Takes a node away.
  ///
  /// @param port of the link that leads there
  public void remove(int port) {
    servers.removeIf(server -> server.address.getPort() == port);
  }

  /// How many nodes are ready.
  public long ready() {
    return servers.stream().filter(server -> server.ready).count();
  }

  private Optional<InetSocketAddress> next() {
    List<Server> ready = servers.stream().filter(server -> server.ready).toList();
    return ready.isEmpty()
        ? Optional.empty()
        : Optional.of(ready.get(Math.floorMod(turn.getAndIncrement(), ready.size())).address);
  }

  private void check() {
    for (Server server : servers) {
      if (!server.asked) {
        server.asked = true;
        HttpRequest request =
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + server.address.getPort() + "/health/ready"))
                .timeout(TIMEOUT)
                .build();
        http.sendAsync(request, HttpResponse.BodyHandlers.discarding())
            .handle((response, failure) -> mark(server, failure == null, response))
            .whenComplete((_, _) -> server.asked = false);
      }
    }
  }

  private Void mark(Server server, boolean answered, HttpResponse<?> response) {
    if (answered) {
      server.failures = 0;
      server.ready = response.statusCode() == OK;
    } else if (++server.failures == FALL) {
      server.ready = false;
      link.reset(server.address);
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    checks.shutdownNow();
    http.shutdownNow();
    link.close();
  }
}

package io.querator.node.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.Routing;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.List;
import java.util.Set;

/// Makes every connection one of HTTP/1.1 that is bounded and watched.
final class ConnectionSelector implements ServerConnectionSelector {
  private final Http1ConnectionSelector http1;
  private final Router router;
  private final ConnectionWatchdog watchdog;

  ConnectionSelector(Http1Config config, HttpRouting routing, ConnectionWatchdog watchdog) {
    this.http1 = Http1ConnectionSelector.builder().config(config).build();
    this.router = new SingleRouter(routing);
    this.watchdog = watchdog;
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http1.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return Support.SUPPORTED;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http1.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Connection connection = new Connection(context, router, watchdog);
    return new WatchedConnection(http1.connection(connection), connection, watchdog);
  }

  /// Leads everything to one place.
  private record SingleRouter(HttpRouting routing) implements Router {
    @Override
    public <T extends Routing> T routing(Class<T> type, T otherwise) {
      return type.isInstance(routing) ? type.cast(routing) : otherwise;
    }

    @Override
    public List<? extends Routing> routings() {
      return List.of(routing);
    }

    @Override
    public void beforeStart() {
      routing.beforeStart();
    }

    @Override
    public void afterStop() {
      routing.afterStop();
    }
  }
}

package io.querator.node.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.http.DirectHandler;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/// A running HTTP server.
///
/// Every limit that Helidon has is set here; those that it lacks (time for a request to arrive,
/// time for an answer to be taken, sizes of chunks, bytes in memory) are kept by the classes around
/// it. Helidon's own limit of the body stays off: each call has a limit of its own, which is
/// checked in the order that the API lays down.
public final class HttpServer implements AutoCloseable {
  private static final int HEADER_BYTES_MAX = 16 * 1024;
  private static final int REQUEST_LINE_BYTES_MAX = 4 * 1024;
  private static final int BACKLOG = 1024;
  private static final String ALL_ADDRESSES = "0.0.0.0";

  /// Longer than any call may wait: idle connections are closed by [ConnectionWatchdog], long
  /// before this.
  private static final Duration HELIDON_IDLE_TIMEOUT = Duration.ofHours(1);

  /// After so long without an answer a silent peer is probed, then given up after three probes.
  private static final Map<SocketOption<Integer>, Integer> DEAD_PEER_DETECTION =
      Map.of(
          ExtendedSocketOptions.TCP_KEEPIDLE, 30,
          ExtendedSocketOptions.TCP_KEEPINTERVAL, 10,
          ExtendedSocketOptions.TCP_KEEPCOUNT, 3);

  private final WebServer server;
  private final Dispatcher dispatcher;
  private final ConnectionWatchdog watchdog;

  private HttpServer(HttpSettings settings, HttpApi api) {
    int connectionsMax = settings.connectionsMax();
    watchdog = new ConnectionWatchdog(settings);
    dispatcher = new Dispatcher(settings, api, InstantSource.system());
    Http1Config http1 =
        Http1Config.builder()
            .maxHeadersSize(HEADER_BYTES_MAX)
            .maxPrologueLength(REQUEST_LINE_BYTES_MAX)
            .validateRequestHeaders(true)
            .validatePath(false) // paths are compared as a whole
            .validatePrologue(false) // queries are ignored
            .receiveLog(false)
            .sendLog(false)
            .build();
    server =
        WebServer.builder()
            .host(address(settings))
            .port(settings.port())
            .backlog(BACKLOG)
            .maxTcpConnections(connectionsMax)
            .maxConcurrentRequests(connectionsMax) // a connection has one at a time
            .idleConnectionTimeout(HELIDON_IDLE_TIMEOUT)
            .idleConnectionPeriod(HELIDON_IDLE_TIMEOUT)
            .shutdownGracePeriod(settings.drainTimeout())
            .shutdownHook(false)
            .connectionOptions(connectionOptions())
            .protocolsDiscoverServices(false)
            .featuresDiscoverServices(false)
            .addConnectionSelector(new ConnectionSelector(http1, dispatcher, watchdog))
            .errorHandling(ErrorHandling.builder().includeEntity(true).build())
            .directHandlers(directHandlers())
            .build();
  }

  /// Starts a server; it accepts connections when this returns.
  ///
  /// @throws UncheckedIOException if it cannot listen there
  public static HttpServer start(HttpSettings settings, HttpApi api) {
    HttpServer server = new HttpServer(settings, api);
    server.server.start();
    if (!server.server.isRunning()) {
      throw cannotListen(settings);
    }
    server.watchdog.start();
    return server;
  }

  /// The port it listens on.
  public int port() {
    return server.port();
  }

  /// Answers these calls from now on, in place of those before.
  public void serve(CallHandlers handlers) {
    dispatcher.serve(handlers);
  }

  public HttpLoad load() {
    return new HttpLoad(watchdog.connections(), dispatcher.calls(), dispatcher.bodyBytes());
  }

  /// From now on every answer closes its connection, so that clients go elsewhere. New connections
  /// are still accepted.
  public void drain() {
    dispatcher.drain();
  }

  /// Stops accepting, lets requests under way finish within the drain timeout, then cuts off what
  /// is left.
  ///
  /// Handlers that wait should have been told before.
  @Override
  public void close() {
    drain();
    server.stop();
    watchdog.abortAll();
    watchdog.close();
  }

  /// Helidon only logs why it did not start; so this looks for the reason itself.
  private static UncheckedIOException cannotListen(HttpSettings settings) {
    String message = "cannot listen on " + settings.host() + ":" + settings.port();
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address(settings), settings.port()));
      return new UncheckedIOException(message, new IOException("the reason is in the log"));
    } catch (IOException e) {
      return new UncheckedIOException(message + ": " + e.getMessage(), e);
    }
  }

  private static String address(HttpSettings settings) {
    return settings.host().isEmpty() ? ALL_ADDRESSES : settings.host();
  }

  private static SocketOptions connectionOptions() {
    SocketOptions.Builder options = SocketOptions.builder().tcpNoDelay(true).socketKeepAlive(true);
    try (ServerSocket socket = new ServerSocket()) {
      DEAD_PEER_DETECTION.forEach((option, value) -> {
        if (socket.supportedOptions().contains(option)) {
          options.putSocketOption(option, value);
        }
      });
    } catch (IOException e) {
      throw new UncheckedIOException("asking for socket options", e);
    }
    return options.build();
  }

  private static DirectHandlers directHandlers() {
    DirectHandlers.Builder handlers = DirectHandlers.builder();
    UnroutedErrors errors = new UnroutedErrors();
    for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
      handlers.addHandler(type, errors);
    }
    return handlers.build();
  }
}

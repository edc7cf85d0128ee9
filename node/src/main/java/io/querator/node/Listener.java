package io.querator.node;

import io.querator.client.BodyLimit;
import io.querator.node.config.HostPort;
import io.querator.node.config.HttpLimitSettings;
import io.querator.node.config.NodeSettings;
import io.querator.node.http.HttpApi;
import io.querator.node.http.HttpServer;
import io.querator.node.http.HttpSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Locale;

/// Starts the HTTP server, and says in words why it cannot.
final class Listener {
  private Listener() {}

  /// @throws StartException if it cannot listen where it is told to
  static HttpServer start(NodeSettings settings, HttpApi api) {
    return start(settings, settings.listen(), "listen", FileDescriptors.CLIENTS, api);
  }

  /// @param setting the setting that says where, such as `listen`
  /// @param kind of the connections
  /// @throws StartException if it cannot listen there
  static HttpServer start(
      NodeSettings settings, HostPort listen, String setting, FileDescriptors kind, HttpApi api) {
    try {
      tryToListen(listen);
      HttpServer server = HttpServer.start(settings(settings, listen, kind), api);
      if (server.port() > 0) {
        return server;
      }
      server.close();
      throw new BindException("the server did not start");
    } catch (IOException | UncheckedIOException e) {
      throw new StartException("cannot listen on " + listen + ": " + reason(e, setting), e);
    }
  }

  /// Helidon only logs why it cannot listen: this finds out.
  private static void tryToListen(HostPort address) throws IOException {
    InetAddress host = address.isAny() ? null : InetAddress.getByName(address.host());
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(host, address.port()));
    }
  }

  private static HttpSettings settings(
      NodeSettings settings, HostPort listen, FileDescriptors kind) {
    HttpLimitSettings http = settings.http();
    return new HttpSettings(
        listen.host(),
        listen.port(),
        kind.connectionsMax(http.connectionsMax()),
        http.callsMax(),
        http.bodyBytes(Runtime.getRuntime().maxMemory()),
        BodyLimit.decimal(http.produceBodyMax().toInt()),
        http.idleTimeout(),
        http.requestTimeout(),
        http.writeTimeout(),
        settings.shutdownTimeout());
  }

  private static String reason(Exception failure, String setting) {
    if (failure instanceof UnknownHostException) {
      return "there is no such host";
    }
    String message = String.valueOf(failure.getMessage());
    String lower = message.toLowerCase(Locale.ROOT);
    if (lower.contains("in use")) {
      return "another process listens there; stop it, or choose another port with --"
          + setting.replace('.', '-');
    }
    if (lower.contains("cannot assign") || lower.contains("can't assign")) {
      return "this machine does not have that address";
    }
    return lower.contains("permission") ? "this user may not use that port" : message;
  }
}

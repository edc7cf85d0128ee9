package io.querator.node.config;

import static java.util.Objects.requireNonNull;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// An address to listen on, written as `127.0.0.1:2319`, `[::1]:2319` or `:2319`.
///
/// @param host a name or an address (IPv6 without brackets); empty: all addresses of the machine
/// @param port 0 to 65535; 0: one that is free
public record HostPort(String host, int port) {
  private static final Pattern TEXT =
      Pattern.compile("(?:\\[([^\\[\\]]+)]|([^:\\[\\]]*)):(\\d{1,5})");
  private static final int PORT_MAX = 65_535;

  public HostPort {
    requireNonNull(host, "host");
    if (port < 0 || port > PORT_MAX) {
      throw new IllegalArgumentException("a port is 0 to 65535, not " + port);
    }
  }

  /// @throws IllegalArgumentException if `text` is not an address
  public static HostPort parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not an address such as 127.0.0.1:2319, [::1]:2319 or :2319");
    }
    String host = matcher.group(1) == null ? matcher.group(2) : matcher.group(1);
    return new HostPort(host.strip(), Integer.parseInt(matcher.group(3)));
  }

  /// Whether it stands for all addresses of the machine.
  public boolean isAny() {
    return host.isEmpty() || host.equals("0.0.0.0") || host.equals("::");
  }

  /// The same host with the port that was found free.
  public HostPort at(int actualPort) {
    return new HostPort(host, actualPort);
  }

  /// What a client on this machine writes to reach it, such as `localhost:2319`.
  public String localAuthority() {
    boolean local = isAny() || host.equals("127.0.0.1") || host.equals("::1");
    return new HostPort(local ? "localhost" : host, port).toString();
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}

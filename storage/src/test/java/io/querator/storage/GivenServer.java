package io.querator.storage;

import java.net.URI;
import java.util.Optional;

/// A database server that the environment names for tests, instead of one that they start.
///
/// @param place `host:port`
record GivenServer(String place, String user, String password) {
  /// The server that a variable names, as `scheme://user:password@host:port`.
  ///
  /// @throws IllegalArgumentException if that is not what it holds
  static Optional<GivenServer> in(String variable) {
    return Optional.ofNullable(System.getenv(variable))
        .filter(url -> !url.isBlank())
        .map(url -> parse(variable, url));
  }

  private static GivenServer parse(String variable, String url) {
    URI uri = URI.create(url.strip());
    String account = uri.getUserInfo();
    if (uri.getHost() == null || uri.getPort() < 0 || account == null) {
      throw new IllegalArgumentException(variable + " is not scheme://user:password@host:port");
    }
    int colon = account.indexOf(':');
    return new GivenServer(
        uri.getHost() + ":" + uri.getPort(),
        colon < 0 ? account : account.substring(0, colon),
        colon < 0 ? "" : account.substring(colon + 1));
  }
}

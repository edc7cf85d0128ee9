package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/// What a server serves.
///
/// @param pages by their exact path, such as `/health`
public record HttpApi(
    CallHandlers calls,
    Map<String, Page> pages,
    Authenticator authenticator,
    CallObserver observer) {
  public HttpApi {
    requireNonNull(calls, "calls");
    pages = Map.copyOf(pages);
    requireNonNull(authenticator, "authenticator");
    requireNonNull(observer, "observer");
  }
}

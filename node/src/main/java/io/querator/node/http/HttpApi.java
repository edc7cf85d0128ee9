package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/// What a server serves.
///
/// @param pages by their exact path, such as `/health`
/// @param messages from other nodes, by their exact path
public record HttpApi(
    CallHandlers calls,
    Map<String, Page> pages,
    Map<String, MessageHandler> messages,
    Authenticator authenticator,
    CallObserver observer) {
  public HttpApi {
    requireNonNull(calls, "calls");
    pages = Map.copyOf(pages);
    messages = Map.copyOf(messages);
    requireNonNull(authenticator, "authenticator");
    requireNonNull(observer, "observer");
  }

  /// What clients are served.
  public HttpApi(
      CallHandlers calls,
      Map<String, Page> pages,
      Authenticator authenticator,
      CallObserver observer) {
    this(calls, pages, Map.of(), authenticator, observer);
  }
}

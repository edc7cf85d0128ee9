package io.querator.node.http;

/// Finds out who sends a request, before anything else of the request is looked at.
@FunctionalInterface
public interface Authenticator {
  Authenticator NONE = headers -> Caller.ANYONE;

  /// @throws ReplyException with 401 if the credentials are malformed, unknown or expired
  Caller authenticate(RequestHeaders headers);
}

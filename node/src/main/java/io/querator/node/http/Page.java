package io.querator.node.http;

/// What is got by a plain `GET`: metrics, health, the description of the API.
///
/// It needs no authentication and no `Accept` header, and is answered however busy the calls are.
@FunctionalInterface
public interface Page {
  /// Makes the page. Runs on the virtual thread of the connection.
  Content content();

  /// @param status an HTTP status such as 200 or 503
  /// @param type the value of `Content-Type`
  record Content(int status, String type, byte[] body) {}
}

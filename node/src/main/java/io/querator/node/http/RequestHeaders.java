package io.querator.node.http;

import java.util.Optional;

/// The headers of a request, and where it goes.
@FunctionalInterface
public interface RequestHeaders {
  RequestHeaders NONE = name -> Optional.empty();

  /// The value of the header, in whatever case its name is written; empty if it was not sent.
  Optional<String> value(String name);

  /// The path of the request, without query, exactly as it was sent.
  default String path() {
    return "";
  }
}

package io.querator.node.http;

import static java.util.Objects.requireNonNull;

/// Who sent a request.
public record Caller(String name) {
  /// Everybody, as long as there is no authentication.
  public static final Caller ANYONE = new Caller("anyone");

  public Caller {
    requireNonNull(name, "name");
  }
}

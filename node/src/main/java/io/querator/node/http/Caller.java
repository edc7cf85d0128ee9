package io.querator.node.http;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// Who sent a request.
///
/// @param passed how another node passes the request on; null if a client sent it
public record Caller(String name, @Nullable Passed passed) {
  /// Everybody, as long as there is no authentication.
  public static final Caller ANYONE = new Caller("anyone");

  public Caller {
    requireNonNull(name, "name");
  }

  public Caller(String name) {
    this(name, null);
  }
}

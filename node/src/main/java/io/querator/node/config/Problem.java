package io.querator.node.config;

import static java.util.Objects.requireNonNull;

/// Something wrong with what was given.
///
/// @param text one sentence without a full stop
record Problem(Origin origin, String text) {
  Problem {
    requireNonNull(origin, "origin");
    requireNonNull(text, "text");
  }

  @Override
  public String toString() {
    return origin + ": " + text;
  }
}

package io.querator.node.config;

import static java.util.Objects.requireNonNull;

/// A text that nobody is shown: [#toString] hides it, [#reveal] does not.
public record Secret(String reveal) {
  static final String HIDDEN = "********";

  public Secret {
    requireNonNull(reveal, "reveal");
  }

  @Override
  public String toString() {
    return HIDDEN;
  }
}

package io.querator.node.bench;

import java.util.Locale;

/// The calls of the cycle.
enum CallKind {
  PRODUCE,
  LEASE,
  COMPLETE;

  String path() {
    return "/v1/queue." + text();
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

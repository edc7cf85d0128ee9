package io.querator.node.bench;

import java.util.List;
import java.util.Locale;

/// What is timed: the calls of the cycle, and what they come to for a consumer.
enum Timed {
  PRODUCE,
  LEASE,
  RETRY,
  COMPLETE,

  /// From the moment when an item is to be produced until its consumer has it. No call.
  DELIVERY;

  static final List<Timed> CALLS = List.of(PRODUCE, LEASE, RETRY, COMPLETE);

  /// Where a call goes.
  String path() {
    return "/v1/queue." + text();
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

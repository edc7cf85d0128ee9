package io.querator.node.bench;

/// Who sends what.
///
/// @param producers connections that produce
/// @param consumers connections that lease and complete
/// @param payloadBytes of each item
/// @param partitions of the queue
/// @param keyed whether each produce has an idempotency key
/// @param rate items a second that are to be produced; 0: as many as can be
record LoadShape(
    Mode mode,
    int producers,
    int consumers,
    int payloadBytes,
    int partitions,
    Encoding encoding,
    boolean keyed,
    int rate,
    Conditions conditions) {
  private static final int CALLS_WAITING = 4;

  /// How many items may wait for a consumer, besides those that wait from the beginning, before
  /// producers stop.
  int backlog(int batch) {
    return CALLS_WAITING * batch * (producers + consumers);
  }

  /// Whether producers wait for consumers, so that nothing is left in the end but what was there
  /// before.
  boolean isBalanced() {
    return mode == Mode.CYCLE && rate == 0;
  }

  /// How many calls a second each producer makes; 0: as many as it can.
  double callsPerSecond(int batch) {
    return (double) rate / batch / producers;
  }

  String text() {
    return "%s, %s%s%s, %d-byte payloads, %s%s, %d partition%s%s"
        .formatted(
            mode.text(),
            mode.produces() ? producers + " producers, " : "",
            mode.consumes() ? consumers + " consumers, " : "",
            encoding.text(),
            payloadBytes,
            keyed ? "idempotency keys" : "no idempotency keys",
            rate == 0 ? ", as fast as it goes" : ", %,d items/s".formatted(rate),
            partitions,
            partitions == 1 ? "" : "s",
            conditions.text());
  }
}

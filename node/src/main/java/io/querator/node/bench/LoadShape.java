package io.querator.node.bench;

/// Who sends what.
///
/// @param producers connections that produce
/// @param consumers connections that lease and complete
/// @param payloadBytes of each item
/// @param partitions of the queue
/// @param keyed whether each produce has an idempotency key
record LoadShape(
    int producers,
    int consumers,
    int payloadBytes,
    int partitions,
    Encoding encoding,
    boolean keyed) {
  private static final int CALLS_WAITING = 4;

  /// How many items may wait for a consumer before producers stop.
  int backlog(int batch) {
    return CALLS_WAITING * batch * (producers + consumers);
  }

  String text() {
    return "%d producers, %d consumers, %s, %d-byte payloads, %s, %d partition%s"
        .formatted(
            producers,
            consumers,
            encoding.text(),
            payloadBytes,
            keyed ? "idempotency keys" : "no idempotency keys",
            partitions,
            partitions == 1 ? "" : "s");
  }
}

package io.querator.benchmarks.sides;

import java.time.Duration;

/// What each side is to do in a round.
///
/// @param batch items in each call, from 1
/// @param payloadBytes of each item
/// @param producers connections that add items
/// @param consumers connections that take items and complete them
/// @param warmUp before anything counts
/// @param measured for so long
public record Work(
    int batch, int payloadBytes, int producers, int consumers, Duration warmUp, Duration measured) {
  private static final int CALLS_WAITING = 4;

  /// How many items may wait for a consumer before producers stop: four batches for each
  /// connection, as in `querator bench`.
  public int backlog() {
    return CALLS_WAITING * batch * (producers + consumers);
  }

  byte[] payload() {
    byte[] payload = new byte[payloadBytes];
    for (int i = 0; i < payloadBytes; i++) {
      payload[i] = (byte) ('a' + i % 26);
    }
    return payload;
  }
}

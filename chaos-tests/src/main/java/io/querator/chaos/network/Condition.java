package io.querator.chaos.network;

/// What a [Link] does with the bytes that travel in one direction.
public sealed interface Condition {
  /// They arrive.
  record Open() implements Condition {}

  /// They wait until the link is better, as in a network that is cut: TCP sends them again.
  record Cut() implements Condition {}

  /// They arrive late.
  ///
  /// @param millis 1 or more
  /// @param bytesPerSecond 1 or more
  record Slow(int millis, int bytesPerSecond) implements Condition {
    public Slow {
      if (millis < 1 || bytesPerSecond < 1) {
        throw new IllegalArgumentException("not slow: " + millis + " ms, " + bytesPerSecond);
      }
    }
  }

  /// The connection is reset as soon as there are some: an answer is lost, what was asked is done.
  record Lost() implements Condition {}

  Condition OPEN = new Open();
  Condition CUT = new Cut();
  Condition LOST = new Lost();
}

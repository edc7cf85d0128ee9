package io.querator.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// The waits between attempts: each up to twice as long as the one before.
///
/// @param first the longest wait before the second attempt, 1 ms or more
/// @param max no wait is longer, at most 1 hour
public record Backoff(Duration first, Duration max) {
  public Backoff {
    boolean ordered =
        first.compareTo(Duration.ofMillis(1)) >= 0
            && first.compareTo(max) <= 0
            && max.compareTo(Duration.ofHours(1)) <= 0;
    if (!ordered) {
      throw new IllegalArgumentException("waits from " + first + " to " + max);
    }
  }

  /// A random wait from half to the whole of what the number of failed attempts, 1 or more, gives.
  Duration after(int failedAttempts, RandomGenerator random) {
    // A shift of 2^21 makes an hour of the least wait.
    long doubled = first.toNanos() << Math.min(failedAttempts - 1, 21);
    long longest = Math.min(doubled < 0 ? Long.MAX_VALUE : doubled, max.toNanos());
    return Duration.ofNanos(random.nextLong(longest / 2, longest + 1));
  }
}

package io.querator.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
  private static final long SEED = Long.getLong("seed", System.nanoTime());

  @ParameterizedTest
  @CsvSource({
    "1,10,20",
    "2,20,40",
    "3,40,80",
    "6,320,640",
    "7,500,1000",
    "63,500,1000",
    "2147483647,500,1000"
  })
  void doublesTheWaitUpToItsMost(int failedAttempts, long leastMillis, long mostMillis) {
    Backoff backoff = new Backoff(Duration.ofMillis(20), Duration.ofSeconds(1));
    Random random = new Random(SEED);

    for (int i = 0; i < 1000; i++) {
      assertThat(backoff.after(failedAttempts, random))
          .as("seed %d", SEED)
          .isBetween(Duration.ofMillis(leastMillis), Duration.ofMillis(mostMillis));
    }
  }

  @Test
  void staysBelowItsMostWithTheLongestWaits() {
    Backoff backoff = new Backoff(Duration.ofHours(1), Duration.ofHours(1));

    assertThat(backoff.after(40, new Random(SEED)))
        .as("seed %d", SEED)
        .isBetween(Duration.ofMinutes(30), Duration.ofHours(1));
  }

  @ParameterizedTest
  @CsvSource({"PT0S,PT1S", "PT0.0009S,PT1S", "PT2S,PT1S", "PT1S,PT61M", "PT-1S,PT1S"})
  void refusesWaitsOutOfRange(Duration first, Duration max) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(first, max));
  }
}

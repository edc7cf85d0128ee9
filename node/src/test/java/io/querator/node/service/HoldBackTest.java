package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.PartitionKey;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HoldBackTest {
  private static final PartitionKey KEY = new PartitionKey(1);
  private static final long START_MICROS = 1_000_000_000;
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final HoldBack held = new HoldBack();

  private static HoldBack.Now at(long nanos) {
    return new HoldBack.Now(START_MICROS + nanos / 1_000, nanos);
  }

  private static long placed(long nanos) {
    return at(nanos).micros();
  }

  @Test
  void leavesAnItemToTheCallsHereForAMoment() {
    assertThat(held.remaining(KEY, placed(0), at(0))).isEqualTo(HoldBack.HOLD_NANOS);
    assertThat(held.remaining(KEY, placed(0), at(MILLI))).isEqualTo(HoldBack.HOLD_NANOS - MILLI);
    assertThat(held.remaining(KEY, placed(0), at(HoldBack.HOLD_NANOS))).isZero();
  }

  @Test
  void leavesItemsToTheCallsHereThatTakeThem() {
    for (int i = 0; i < 100; i++) {
      long now = i * 4 * MILLI;

      assertThat(held.remaining(KEY, placed(now - MILLI), at(now))).isPositive();
    }
  }

  /// They take them, but too slowly.
  @Test
  void leavesNothingToTheCallsHereThatIsOld() {
    long age = TimeUnit.MICROSECONDS.toNanos(HoldBack.AGE_MAX_MICROS);
    for (int i = 0; i < 100; i++) {
      long now = i * MILLI;

      assertThat(held.remaining(KEY, placed(now - age + MILLI), at(now))).isEqualTo(MILLI);
      assertThat(held.remaining(KEY, placed(now - age), at(now))).isZero();
    }
  }

  @Test
  void knowsNoAgeOfItemsThatAreNotInMemory() {
    assertThat(held.remaining(KEY, Long.MAX_VALUE, at(0))).isEqualTo(HoldBack.HOLD_NANOS);
    assertThat(held.remaining(KEY, Long.MAX_VALUE, at(HoldBack.HOLD_NANOS))).isZero();
  }

  @Test
  void holdsEachPartitionBackByItself() {
    held.remaining(KEY, placed(0), at(0));

    assertThat(held.remaining(new PartitionKey(2), placed(0), at(HoldBack.HOLD_NANOS)))
        .isEqualTo(HoldBack.HOLD_NANOS);
  }
}

package io.querator.storage.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Epoch;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BoundsTest {
  private final Bounds bounds =
      new Bounds(
          new Base(0, false), List.of(new End(2, 10, 5), new End(4, -1, 9)), new End(5, 3, 12));

  private static long ready(long epoch, long count) {
    return Position.ready(new Epoch(epoch), count);
  }

  @Test
  void isRealUpToTheEndOfEachEpoch() {
    assertThat(bounds.isReal(ready(2, 0))).isTrue();
    assertThat(bounds.isReal(ready(2, 10))).isTrue();
    assertThat(bounds.isReal(Position.notReady(new Epoch(2), 10))).isTrue();
    assertThat(bounds.isReal(ready(5, 3))).isTrue();
    assertThat(bounds.isReal(ready(2, 11))).isFalse();
    assertThat(bounds.isReal(ready(3, 0))).isFalse();
    assertThat(bounds.isReal(ready(4, 0))).isFalse();
    assertThat(bounds.isReal(Position.notReady(new Epoch(5), 4))).isFalse();
    assertThat(bounds.isReal(ready(6, 0))).isFalse();
  }

  @Test
  void keysAreRealUpToTheLastTurnOfTheirEpoch() {
    assertThat(bounds.isRealKey(2, 5)).isTrue();
    assertThat(bounds.isRealKey(4, 9)).isTrue();
    assertThat(bounds.isRealKey(2, 6)).isFalse();
    assertThat(bounds.isRealKey(3, 1)).isFalse();
    assertThat(bounds.isRealKey(5, 13)).isFalse();
  }

  @Test
  void debrisIsWhatLiesBetweenInOlderEpochs() {
    assertThat(bounds.debris())
        .containsExactly(
            new PositionRange(0, ready(2, 0) - 1),
            new PositionRange(ready(2, 11), ready(4, 0) - 1),
            new PositionRange(ready(4, 0), ready(5, 0) - 1));
  }

  @Test
  void aRangeIsReadInItsRealParts() {
    assertThat(bounds.real(new PositionRange(ready(2, 4), ready(5, 1))))
        .containsExactly(
            new PositionRange(ready(2, 4), ready(2, 10)),
            new PositionRange(ready(5, 0), ready(5, 1)));
    assertThat(bounds.real(PositionRange.NOT_READY))
        .containsExactly(
            new PositionRange(
                Position.notReady(new Epoch(2), 0), Position.notReady(new Epoch(2), 10)),
            new PositionRange(
                Position.notReady(new Epoch(5), 0), Position.notReady(new Epoch(5), 3)));
  }

  private static Bounds filled(boolean filling) {
    return new Bounds(new Base(3, filling), List.of(new End(5, 2, 9)), new End(6, 1, 11));
  }

  @Test
  void allIsRealInTheEpochsThatWereFilled() {
    Bounds bounds = filled(false);

    assertThat(bounds.isReal(ready(1, 1L << 39))).isTrue();
    assertThat(bounds.isReal(Position.notReady(new Epoch(3), (1L << 40) - 1))).isTrue();
    assertThat(bounds.isReal(ready(4, 0))).isFalse();
    assertThat(bounds.isReal(ready(5, 2))).isTrue();
    assertThat(bounds.isReal(ready(5, 3))).isFalse();
    assertThat(bounds.isRealKey(3, 1)).isFalse();
    assertThat(bounds.ends()).extracting(End::epoch).containsExactly(5L, 6L);
    assertThat(bounds.debris())
        .containsExactly(
            new PositionRange(ready(4, 0), ready(5, 0) - 1),
            new PositionRange(ready(5, 3), ready(6, 0) - 1));
    assertThat(bounds.real(PositionRange.READY))
        .containsExactly(
            new PositionRange(0, ready(4, 0) - 1),
            new PositionRange(ready(5, 0), ready(5, 2)),
            new PositionRange(ready(6, 0), ready(6, 1)));
    assertThat(bounds.real(PositionRange.NOT_READY).getFirst())
        .isEqualTo(new PositionRange(Long.MIN_VALUE, Position.notReady(new Epoch(4), 0) - 1));
  }

  @Test
  void aTurnMayBeUnderWayInTheCurrentEpochAndInThoseThatAreBeingFilled() {
    assertThat(filled(true).isSettled(ready(2, 7))).isFalse();
    assertThat(filled(false).isSettled(ready(2, 7))).isTrue();
    assertThat(filled(true).isSettled(ready(5, 7))).isTrue();
    assertThat(filled(true).isSettled(ready(6, 1))).isTrue();
    assertThat(filled(true).isSettled(ready(6, 2))).isFalse();
  }
}

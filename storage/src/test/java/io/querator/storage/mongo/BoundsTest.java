package io.querator.storage.mongo;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.Epoch;
import io.querator.storage.Position;
import io.querator.storage.PositionRange;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BoundsTest {
  private final Bounds bounds =
      new Bounds(List.of(new End(2, 10, 5), new End(4, -1, 9)), new End(5, 3, 12));

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
}

package io.querator.storage.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import org.junit.jupiter.api.Test;

final class PositionRunsTest {
  @Test
  void keepsPositionsOfBothParts() {
    long[] positions = {
      Long.MIN_VALUE,
      Long.MIN_VALUE + 1,
      Long.MIN_VALUE | 7L << 40,
      -1,
      0,
      1,
      7L << 40,
      Long.MAX_VALUE
    };

    byte[] bytes = PositionRuns.encode(positions);

    assertThat(PositionRuns.decode(bytes, positions.length)).containsExactly(positions);
    assertThat(PositionRuns.decode(PositionRuns.encode(new long[0]), 0)).isEmpty();
  }

  @Test
  void refusesBytesThatDoNotHoldSoMany() {
    byte[] bytes = PositionRuns.encode(new long[] {1, 2, 3});

    assertThatThrownBy(() -> PositionRuns.decode(bytes, 2))
        .isInstanceOf(StorageException.Corrupt.class);
    assertThatThrownBy(() -> PositionRuns.decode(new byte[] {5}, 5))
        .isInstanceOf(StorageException.Corrupt.class);
  }
}

package io.querator.storage.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.StorageException;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class HeldItemsTest {
  @Test
  void takesFewBytesForARunOfPositions() {
    long[] positions = new long[1_000];
    int[] attempts = new int[positions.length];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = (5L << 40) + i;
      attempts[i] = 1;
    }

    byte[] bytes = new HeldItems(positions, attempts).encode();

    assertThat(bytes).hasSizeLessThan(16);
    HeldItems decoded = HeldItems.decode(bytes, positions.length);
    assertThat(decoded.positions()).containsExactly(positions);
    assertThat(decoded.attempts()).containsExactly(attempts);
  }

  @Test
  void keepsAnyPositionsAndAttempts() {
    long seed = Long.getLong("seed", new Random().nextLong());
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      TreeSet<Long> chosen = new TreeSet<>();
      long position = random.nextLong() >>> 1 + random.nextInt(60);
      for (int i = 0; i <= random.nextInt(40); i++) {
        position += random.nextInt(4) == 0 ? random.nextInt(1_000_000) : 1;
        chosen.add(position);
      }
      long[] positions = chosen.stream().mapToLong(Long::longValue).toArray();
      int[] attempts = random.ints(positions.length, 0, 3).toArray();

      HeldItems decoded =
          HeldItems.decode(new HeldItems(positions, attempts).encode(), positions.length);

      assertThat(decoded.positions()).as("seed %d", seed).containsExactly(positions);
      assertThat(decoded.attempts()).as("seed %d", seed).containsExactly(attempts);
    }
  }

  @Test
  void saysThatCutOrOtherBytesAreCorrupt() {
    byte[] bytes = new HeldItems(new long[] {1, 2, 5}, new int[] {1, 1, 2}).encode();

    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> HeldItems.decode(cut, 3))
          .isInstanceOf(StorageException.Corrupt.class);
    }
    assertThatThrownBy(() -> HeldItems.decode(bytes, 2))
        .isInstanceOf(StorageException.Corrupt.class);
  }
}

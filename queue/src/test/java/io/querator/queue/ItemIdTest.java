package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.querator.storage.Epoch;
import io.querator.storage.PartitionKey;
import io.querator.storage.Position;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ItemIdTest {
  private static final String ALPHABET =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

  @Test
  void readsWhatItWrites() {
    for (ItemId id : random(1_000)) {
      assertThat(ItemId.parse(id.toString())).isEqualTo(id);
    }
  }

  @Test
  void sortsLikeItsText() {
    List<ItemId> ids = random(1_000);

    ids.sort(Comparator.naturalOrder());

    assertThat(ids).extracting(ItemId::toString).isSorted();
  }

  @Test
  void isTheBase62OfItsTwentyBytes() {
    for (ItemId id : random(200)) {
      BigInteger number =
          unsigned(Integer.toUnsignedLong(id.second()))
              .shiftLeft(64)
              .or(unsigned(id.partition().bits()))
              .shiftLeft(64)
              .or(unsigned(id.serial()));

      assertThat(id.toString()).isEqualTo(base62(number));
    }
  }

  @Test
  void leavesAGapBeforeEachItem() {
    PartitionKey partition = new PartitionKey(7);
    for (long count : new long[] {1, 2, 3, Position.COUNT_MAX}) {
      for (long position :
          new long[] {
            Position.ready(new Epoch(9), count), Position.notReady(new Epoch(9), count)
          }) {
        ItemId id = ItemId.of(partition, 0, position);
        ItemId before = new ItemId(0, partition, id.serial() - 1);

        assertThat(id.position()).isEqualTo(position);
        assertThat(id.positionNotBefore()).isEqualTo(position);
        assertThat(before.position()).isEqualTo(position - 1);
        assertThat(before.positionNotBefore()).isEqualTo(position);
        assertThat(before).isGreaterThan(ItemId.of(partition, 0, position - 1)).isLessThan(id);
      }
    }
  }

  @Test
  void measuresItsLengthInBytes() {
    assertThatThrownBy(() -> ItemId.parse("é".repeat(27)))
        .hasMessage("Valid encoded KSUIDs are 27 characters");
    assertThatThrownBy(() -> ItemId.parse("é".repeat(13) + "a"))
        .hasMessageStartingWith("Valid encoded KSUIDs are bounded by");
  }

  @Test
  void knowsTheBounds() {
    ItemId highest = new ItemId(-1, new PartitionKey(-1), -1);
    ItemId lowest = new ItemId(0, new PartitionKey(0), 0);

    assertThat(highest).hasToString("aWgEPTl1tmebfsQzFP4bxwgy80V");
    assertThat(lowest).hasToString("000000000000000000000000000");
    assertThatThrownBy(() -> ItemId.parse("aWgEPTl1tmebfsQzFP4bxwgy80W"))
        .hasMessage(
            "Valid encoded KSUIDs are bounded by 000000000000000000000000000 and aWgEPTl1tmebfsQzFP4bxwgy80V");
    assertThatThrownBy(() -> ItemId.parse("short"))
        .hasMessage("Valid encoded KSUIDs are 27 characters");
  }

  private static List<ItemId> random(int count) {
    SplittableRandom random = new SplittableRandom(1);
    List<ItemId> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(new ItemId(random.nextInt(), new PartitionKey(random.nextLong()), random.nextLong()));
    }
    return ids;
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }

  private static String base62(BigInteger number) {
    StringBuilder text = new StringBuilder();
    BigInteger rest = number;
    for (int i = 0; i < 27; i++) {
      BigInteger[] parts = rest.divideAndRemainder(BigInteger.valueOf(62));
      text.insert(0, ALPHABET.charAt(parts[1].intValue()));
      rest = parts[0];
    }
    return text.toString();
  }
}

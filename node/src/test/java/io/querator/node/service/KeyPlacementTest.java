package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.KeyHash;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionRecord.State;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeyPlacementTest {
  private static final long SEED = Long.getLong("seed", 7);
  private final Random random = new Random(SEED);
  private final List<PartitionSlot> slots =
      IntStream.range(0, 40)
          .mapToObj(index ->
              new PartitionSlot(
                  new PartitionRecord(index, PartitionKey.random(random), "s", State.ACTIVE),
                  InstantSource.system()))
          .toList();

  private KeyHash key() {
    return new KeyHash(random.nextLong(), random.nextLong());
  }

  @Test
  void knowsEveryFormerHome() {
    for (int i = 0; i < 500; i++) {
      KeyHash key = key();
      List<PartitionSlot> homes = KeyPlacement.homesAtAnyTime(key, slots);

      for (int active = 1; active <= slots.size(); active++) {
        assertThat(homes)
            .as("seed %d, %d active", SEED, active)
            .contains(KeyPlacement.home(key, slots.subList(0, active)));
      }
    }
  }

  @Test
  void movesFewKeysWhenOnePartitionIsAdded() {
    int moved = 0;
    for (int i = 0; i < 10_000; i++) {
      KeyHash key = key();
      PartitionSlot before = KeyPlacement.home(key, slots.subList(0, 9));
      PartitionSlot after = KeyPlacement.home(key, slots.subList(0, 10));
      moved += before == after ? 0 : 1;
    }

    assertThat(moved).as("seed %d", SEED).isBetween(850, 1150);
  }

  @Test
  void spreadsKeysEvenly() {
    int[] counts = new int[10];
    for (int i = 0; i < 20_000; i++) {
      counts[KeyPlacement.home(key(), slots.subList(0, 10)).index()]++;
    }

    for (int count : counts) {
      assertThat(count).as("seed %d", SEED).isBetween(1_800, 2_200);
    }
  }
}

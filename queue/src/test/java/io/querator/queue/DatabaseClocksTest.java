package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DatabaseClocksTest {
  private static final Duration KEPT = Duration.ofSeconds(5);

  private final ManualClock ours = new ManualClock();
  private final ManualClock first = new ManualClock();
  private final ManualClock second = new ManualClock();
  private final MemoryPartitionStore store = new MemoryPartitionStore(first);
  private final MemoryPartitionStore other = new MemoryPartitionStore(second);
  private final DatabaseClocks clocks = new DatabaseClocks(ours, KEPT);

  @Test
  void measuresEachStorageByItself() {
    first.advance(Duration.ofMillis(7));
    ours.advance(Duration.ofMillis(2));

    assertThat(clocks.offset(store)).isEqualTo(5_000);
    assertThat(clocks.offset(other)).isEqualTo(-2_000);
  }

  @Test
  void measuresAnewOnceTheLastOneIsOld() {
    assertThat(clocks.offset(store)).isZero();
    first.advance(Duration.ofSeconds(1));

    ours.advance(KEPT.minusMillis(1));
    assertThat(clocks.offset(store)).isZero();
    ours.advance(Duration.ofMillis(1));
    assertThat(clocks.offset(store)).isEqualTo(-4_000_000);
  }

  @Test
  void takesTheQuickestOfSlowAnswers() {
    Duration[] times = {
      Duration.ofMillis(40), Duration.ofMillis(20), Duration.ofMillis(6), Duration.ofMillis(30)
    };
    int[] asked = {0};
    MemoryPartitionStore slow =
        new MemoryPartitionStore(() -> {
          // the answer is of the moment when it arrives
          ours.advance(times[asked[0]++ % times.length]);
          return ours.instant();
        });
    long before = asked[0];

    assertThat(clocks.offset(slow)).isEqualTo(3_000);
    assertThat(asked[0] - before).isEqualTo(8);
  }
}

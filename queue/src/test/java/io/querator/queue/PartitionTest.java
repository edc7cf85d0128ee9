package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Produce;
import io.querator.queue.Outcome.Reason;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionTest {
  private final LoopHarness harness = LoopHarness.simple();
  private final Partition partition = harness.partition();

  @AfterEach
  void close() {
    partition.close(Reason.SHUTDOWN).join();
  }

  /// Whoever goes by the partition's numbers goes past one that hangs, and hears of it again.
  @Test
  void tellsAgainWhatIsReadyWhenATurnNoLongerHangs() throws InterruptedException {
    BlockingQueue<Boolean> hangsWhenTold = new LinkedBlockingQueue<>();
    harness.unserved = () -> hangsWhenTold.add(partition.hangs());
    harness.duringCommit = () -> harness.clock.advance(Duration.ofSeconds(1));
    partition.start(() -> {}, () -> {});
    long now = harness.clock.micros();

    partition.call(
        new Produce(LoopHarness.items("a"), now, null), now + TimeUnit.MINUTES.toMicros(1));

    assertThat(hangsWhenTold.poll(10, TimeUnit.SECONDS)).isTrue();
    assertThat(hangsWhenTold.poll(10, TimeUnit.SECONDS)).isFalse();
  }
}

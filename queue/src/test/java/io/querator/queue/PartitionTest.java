package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.Produce;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.Faults;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.KeyHash;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PartitionTest {
  private static final PartitionKey KEY = new PartitionKey(7);

  private final ManualClock clock = new ManualClock();
  private final MemoryPartitionStore store = new MemoryPartitionStore(clock);

  /// Whether the partition seemed to hang each time that it told that something is ready.
  private final BlockingQueue<Boolean> told = new LinkedBlockingQueue<>();

  private final WaitingRoom room =
      new WaitingRoom(1, () -> {}, _ -> told.add(this.partition.hangs()));
  private final Partition partition = partition();

  private Partition partition() {
    store.create(KEY);
    Claim claim = new Claim("node", new UUID(0, 1), 1, 1);
    Opened opened = (Opened) store.open(Map.of(KEY, Epoch.NONE), claim).getFirst();
    FaultyPartitionStore slow =
        new FaultyPartitionStore(
            store,
            Faults.none(),
            _ -> {
              clock.advance(Duration.ofSeconds(1));
              return false;
            });
    PartitionContext context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, Duration.ZERO),
            PartitionLimits.DEFAULT,
            new LeaseBudget(10),
            new MemoryBudget(1 << 20),
            Runnable::run,
            new NoLetters(),
            TurnObserver.NONE,
            new SplittableRandom(1));
    QueueSettings settings = new QueueSettings(Duration.ofSeconds(10), Duration.ofHours(1), 0, "");
    return new Partition(0, KEY, slow, opened, settings, room, context);
  }

  private record NoLetters() implements DeadLetters {
    @Override
    public Delivery deliver(String deadQueue, List<DeadItem> items) {
      return Delivery.NO_SUCH_QUEUE;
    }

    @Override
    public void forget(String deadQueue, List<KeyHash> keys) {}
  }

  @AfterEach
  void close() {
    partition.close(Reason.SHUTDOWN).join();
  }

  /// Whoever goes by the partition's numbers goes past one that hangs, and hears of it again.
  @Test
  void tellsAgainWhatIsReadyWhenATurnNoLongerHangs() throws InterruptedException {
    partition.start(() -> {}, () -> {});
    long deadline = clock.micros() + TimeUnit.MINUTES.toMicros(1);

    partition.call(new Produce(LoopHarness.items("a"), clock.micros(), null), deadline);

    assertThat(told.poll(10, TimeUnit.SECONDS)).isTrue();
    assertThat(told.poll(10, TimeUnit.SECONDS)).isFalse();
  }
}

package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.storage.Faults;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.memory.MemoryCatalogue;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Where calls of one moment go; those that come alone are in [ServedQueueTest].
class PartitionChoiceTest {
  private final Gate gate = new Gate();

  /// Stands still, so that no turn goes on for long.
  private final TestService service =
      new TestService(
              ServiceSettings.DEFAULT,
              List.of(
                  new Storage(
                      "default",
                      new FaultyPartitionStore(
                          new MemoryPartitionStore(InstantSource.system()), gate, _ -> false),
                      1)),
              new MemoryCatalogue(),
              InstantSource.fixed(Instant.now()))
          .started();

  /// Lets commits through as it is told.
  private static final class Gate implements Faults {
    private final Semaphore open = new Semaphore(Integer.MAX_VALUE / 2);

    @Override
    public CommitFault commit() {
      open.acquireUninterruptibly();
      return CommitFault.NONE;
    }

    @Override
    public OpenFault open() {
      return OpenFault.NONE;
    }

    @Override
    public boolean read() {
      return false;
    }
  }

  @AfterEach
  void close() {
    gate.open.release(Integer.MAX_VALUE / 4);
    service.close();
  }

  private static List<Integer> producing(ServedQueue queue) {
    return queue.partitions().stream().map(PartitionSlot::producing).toList();
  }

  /// Produce calls, each begun when the one before is under way.
  private List<CompletableFuture<?>> produce(ServedQueue queue, int calls, String... payloads) {
    List<CompletableFuture<?>> begun = new ArrayList<>();
    for (int i = 1; i <= calls; i++) {
      begun.add(
          CompletableFuture.runAsync(
              () -> service.produce(queue, payloads), Thread::startVirtualThread));
      int underWay = i;
      await().until(() -> producing(queue).stream().mapToInt(n -> n).sum() == underWay);
    }
    return begun;
  }

  @Test
  void gathersProducesUntilATurnIsWorthItsCost() {
    ServedQueue queue = service.queue(3);
    gate.open.drainPermits();

    List<CompletableFuture<?>> calls = produce(queue, 20, "a");

    assertThat(producing(queue)).containsExactly(16, 4, 0);
    gate.open.release(100);
    calls.forEach(CompletableFuture::join);
    assertThat(producing(queue)).containsExactly(0, 0, 0);
  }

  @Test
  void spreadsProducesThatFillATurnEach() {
    ServedQueue queue = service.queue(3);
    String[] many = new String[1_500];
    Arrays.fill(many, "a");
    gate.open.drainPermits();

    List<CompletableFuture<?>> calls = produce(queue, 3, many);

    assertThat(producing(queue)).containsExactly(1, 1, 1);
    gate.open.release(100);
    calls.forEach(CompletableFuture::join);
  }
}

package io.querator.queue;

import io.querator.queue.Command.Complete;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What the loop's own work costs an item: it is produced, leased and completed, in a turn each, on
/// a store in memory, whose part is in the figures. In this package, since it steps the loop.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TurnBenchmark {
  private static final int ITEMS = 400;
  private static final PartitionKey KEY = new PartitionKey(7);

  /// Items in each call.
  @Param({"1", "10", "100"})
  public int batch;

  /// Calls in each turn.
  @Param({"1", "4"})
  public int calls;

  private final InstantSource clock = InstantSource.system();
  private final WaitingRoom room = new WaitingRoom(1_000);
  private Mailbox mailbox = new Mailbox(PartitionLimits.DEFAULT);
  private List<NewItem> items = List.of();
  private List<PartitionLoop> loops = List.of();

  @Setup
  public void open() {
    MemoryPartitionStore store = new MemoryPartitionStore(clock);
    store.create(KEY);
    Claim claim = new Claim("node", new UUID(0, 1), 1, 1);
    Opened opened = (Opened) store.open(Map.of(KEY, Epoch.NONE), claim).getFirst();
    PartitionContext context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, Duration.ZERO),
            PartitionLimits.DEFAULT,
            new LeaseBudget(100_000),
            new MemoryBudget(1 << 28),
            Runnable::run,
            new NoDeadLetters(),
            TurnObserver.NONE,
            new SplittableRandom(1));
    QueueSettings settings = new QueueSettings(Duration.ofHours(1), Duration.ofHours(24), 0, "");
    mailbox = new Mailbox(PartitionLimits.DEFAULT);
    PartitionLoop loop =
        new PartitionLoop(0, opened.key(), store, opened, settings, room, mailbox, context);
    loop.open();
    loops = List.of(loop);
    ItemContent content = new ItemContent("kind", "reference", "", new byte[100]);
    items = new ArrayList<>();
    for (int i = 0; i < batch; i++) {
      items.add(new NewItem(content, ItemHead.READY));
    }
  }

  @Benchmark
  @OperationsPerInvocation(ITEMS)
  public int produceLeaseComplete() {
    int done = 0;
    while (done < ITEMS) {
      done += turns();
    }
    return done;
  }

  private int turns() {
    long now = Micros.of(clock.instant());
    long deadline = now + TimeUnit.MINUTES.toMicros(1);
    for (int call = 0; call < calls; call++) {
      offer(new Produce(items, now, null), deadline);
    }
    step();
    List<Waiter> waiters = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      Waiter waiter = new Waiter("client" + call, batch);
      room.park(waiter);
      waiters.add(waiter);
    }
    step();
    int completed = 0;
    for (Waiter waiter : waiters) {
      LeaseAnswer answer = waiter.answer().join();
      List<ItemId> ids =
          ((LeaseAnswer.Leased) answer).items().stream().map(LeasedItem::id).toList();
      completed += ids.size();
      offer(new Complete(ids), deadline);
    }
    step();
    return completed;
  }

  private void offer(Command<?> command, long deadline) {
    if (!mailbox.offer(new Submission<>(command, deadline))) {
      throw new IllegalStateException("the mailbox is full");
    }
  }

  private void step() {
    loops.getFirst().step();
  }

  /// There are none.
  private static final class NoDeadLetters implements DeadLetters {
    @Override
    public Delivery deliver(String deadQueue, List<DeadItem> dead) {
      throw new IllegalStateException("nothing dies here");
    }

    @Override
    public void forget(String deadQueue, List<KeyHash> keys) {
      throw new IllegalStateException("nothing died here");
    }
  }
}

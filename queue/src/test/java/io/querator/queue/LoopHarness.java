package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produce;
import io.querator.queue.Command.Produced;
import io.querator.storage.Batch;
import io.querator.storage.Claim;
import io.querator.storage.CommitResult;
import io.querator.storage.Epoch;
import io.querator.storage.Faults;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryPartitionStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Function;

/// One partition on the in-memory store, its loop stepped by hand.
final class LoopHarness {
  static final PartitionKey KEY = new PartitionKey(7);

  /// Under which the store knows it.
  static final PartitionKey STORED = new PartitionKey(70);

  static final Duration LEASE = Duration.ofSeconds(10);
  static final String POISON = "poison";

  final ManualClock clock = new ManualClock();
  final WaitingRoom room = new WaitingRoom(100, () -> {}, _ -> this.unserved.run());

  /// Runs when something is ready and nobody waits.
  Runnable unserved = () -> {};

  final LeaseBudget leases;
  final ArrayDeque<Runnable> background = new ArrayDeque<>();
  final List<DeadItem> dead = new ArrayList<>();

  /// Runs while items are being written.
  Runnable duringCommit = () -> {};

  DeadLetters.Delivery delivery = DeadLetters.Delivery.TAKEN;
  Mailbox mailbox;
  PartitionLoop loop;

  private final MemoryPartitionStore store = new MemoryPartitionStore(clock);
  private final PartitionContext context;
  private final QueueSettings settings;
  private long version;
  private int clients;

  LoopHarness(QueueSettings settings, PartitionLimits limits, int leasesMax) {
    this.settings = settings;
    leases = new LeaseBudget(leasesMax);
    context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, Duration.ZERO),
            limits,
            leases,
            new MemoryBudget(1 << 20),
            background::add,
            new Letters(),
            TurnObserver.NONE,
            new SplittableRandom(1));
    store.create(STORED);
    mailbox = new Mailbox(limits);
    loop = opened();
  }

  static LoopHarness simple() {
    QueueSettings settings = new QueueSettings(LEASE, Duration.ofHours(1), 0, "");
    return new LoopHarness(settings, PartitionLimits.DEFAULT, 1_000);
  }

  /// Opens the partition again, as another process would.
  void restart() {
    loop.close(Outcome.Reason.SHUTDOWN);
    mailbox = new Mailbox(context.limits());
    loop = opened();
  }

  /// Commits what `write` makes of an opening of its own, as another process would.
  void write(Function<Opened, Batch> write) {
    Batch batch = write.apply(take());
    assertThat(store.commit(List.of(batch)).getFirst()).isInstanceOf(CommitResult.Committed.class);
  }

  private Opened take() {
    Claim claim = new Claim("node", new UUID(0, 1), 1, ++version);
    return (Opened) store.open(Map.of(STORED, Epoch.NONE), claim).getFirst();
  }

  private PartitionLoop opened() {
    Opened opened = take();
    PartitionLoop loop =
        new PartitionLoop(3, KEY, refusing(), opened, settings, room, mailbox, context);
    loop.open();
    return loop;
  }

  /// The partition with a thread of its own, opened anew.
  Partition partition() {
    return new Partition(3, KEY, refusing(), take(), settings, room, context);
  }

  private FaultyPartitionStore refusing() {
    return new FaultyPartitionStore(
        store,
        Faults.none(),
        item -> {
          duringCommit.run();
          return item.content().reference().equals(POISON);
        });
  }

  /// Steps until nothing is under way any more.
  void settle() {
    do {
      while (!background.isEmpty()) {
        background.removeFirst().run();
      }
      loop.step();
    } while (!background.isEmpty() || loop.nextStep() == Long.MIN_VALUE);
  }

  void advance(Duration by) {
    clock.advance(by);
    settle();
  }

  <R> Submission<R> submit(Command<R> command) {
    Submission<R> submission = new Submission<>(command, clock.micros() + 60_000_000);
    mailbox.offer(submission);
    return submission;
  }

  <R> Outcome<R> call(Command<R> command) {
    Submission<R> submission = submit(command);
    loop.step();
    return submission.outcome.join();
  }

  Outcome<Produced> produce(String... payloads) {
    return call(new Produce(items(payloads), clock.micros(), null));
  }

  static List<NewItem> items(String... payloads) {
    return Arrays.stream(payloads)
        .map(payload -> new NewItem(content(payload, ""), ItemHead.READY))
        .toList();
  }

  static ItemContent content(String payload, String reference) {
    return new ItemContent("kind", reference, "", payload.getBytes(StandardCharsets.UTF_8));
  }

  static String payload(LeasedItem item) {
    return new String(item.content().payload(), StandardCharsets.UTF_8);
  }

  Waiter wait(String client, int batch) {
    Waiter waiter = new Waiter(client, batch);
    room.park(waiter);
    return waiter;
  }

  List<LeasedItem> lease(int batch) {
    Waiter waiter = wait("client" + ++clients, batch);
    settle();
    List<LeasedItem> items = items(waiter);
    if (items.isEmpty()) {
      room.leave(waiter, Outcome.Reason.TIMEOUT);
    }
    return items;
  }

  static List<LeasedItem> items(Waiter waiter) {
    return waiter.answer().getNow(null) instanceof LeaseAnswer.Leased leased
        ? leased.items()
        : List.of();
  }

  private final class Letters implements DeadLetters {
    @Override
    public Delivery deliver(String deadQueue, List<DeadItem> items) {
      if (delivery == Delivery.TAKEN) {
        dead.addAll(items);
      }
      return delivery;
    }

    @Override
    public void forget(String deadQueue, List<KeyHash> keys) {}
  }
}

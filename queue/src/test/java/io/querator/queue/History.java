package io.querator.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.querator.queue.Command.ImportItem;
import io.querator.queue.Command.NewItem;
import io.querator.queue.Command.Produced;
import io.querator.queue.Command.RequestKey;
import io.querator.queue.Command.RetryItem;
import io.querator.queue.Model.Event;
import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.Faults;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.ItemContent;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.memory.MemoryPartitionStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One random history: a queue and its dead queue on one faulty store, both loops stepped by hand,
/// and the [Model] that looks at everything after each step.
final class History {
  private static final PartitionKey SOURCE = new PartitionKey(1);
  private static final PartitionKey DEAD = new PartitionKey(2);
  private static final String DEAD_QUEUE = "dead";
  private static final String POISON = "poison";
  static final Duration LEASE = Duration.ofSeconds(10);
  private static final Duration EXPIRE = Duration.ofSeconds(60);
  private static final long DEADLINE_MICROS = 30_000_000;
  private static final int KEYS = 6;

  private final SplittableRandom random;
  private final ManualClock clock = new ManualClock();
  private final MemoryPartitionStore backing = new MemoryPartitionStore(clock);
  private final SwitchedFaults faults;
  private final FaultyPartitionStore store;
  private final ArrayDeque<Runnable> background = new ArrayDeque<>();
  private final LeaseBudget leases = new LeaseBudget(60);
  private final MemoryBudget memory;
  private final PartitionContext context;
  private final Model model;
  private final List<Call<?>> calls = new ArrayList<>();
  private final Map<Waiter, Long> waiters = new HashMap<>();
  private QueueSettings settings;
  private Side source;
  private Side dead;
  private boolean deadQueueExists = true;
  private long version;
  private int payloads;
  private int clients;

  /// Whether a clear has been answered in the step under way.
  private boolean cleared;

  /// A command under way, and what its outcome tells the model.
  private record Call<R>(Submission<R> submission, Told<R> told) {}

  private interface Told<R> {
    /// @param outcome unknown if the loop died with the command
    void outcome(Outcome<R> outcome);
  }

  /// A partition, its room, and its loop of the moment.
  private static final class Side {
    private final PartitionKey key;
    private final WaitingRoom room;
    private Mailbox mailbox;
    private PartitionLoop loop;

    private Side(PartitionKey key, WaitingRoom room, Mailbox mailbox, PartitionLoop loop) {
      this.key = key;
      this.room = room;
      this.mailbox = mailbox;
      this.loop = loop;
    }
  }

  /// Faults that can be turned off.
  private static final class SwitchedFaults implements Faults {
    private final Faults faults;
    private boolean on = true;

    /// Whether something may have been written that nobody was told of.
    private boolean uncertain;

    private SwitchedFaults(Faults faults) {
      this.faults = faults;
    }

    @Override
    public CommitFault commit() {
      CommitFault fault = on ? faults.commit() : CommitFault.NONE;
      uncertain |=
          fault == CommitFault.UNAVAILABLE_COMMITTED
              || fault == CommitFault.UNAVAILABLE_LATE
              || fault == CommitFault.FENCED_COMMITTED;
      return fault;
    }

    @Override
    public OpenFault open() {
      return on ? faults.open() : OpenFault.NONE;
    }

    @Override
    public boolean read() {
      return on && faults.read();
    }
  }

  History(long seed) {
    random = new SplittableRandom(seed);
    double rate = random.nextInt(3) == 0 ? 0 : random.nextDouble(0.15);
    faults = new SwitchedFaults(Faults.seeded(random.split(), rate));
    store =
        new FaultyPartitionStore(
            backing, faults, item -> item.content().reference().equals(POISON));
    int window = random.nextInt(2, 40);
    PartitionLimits limits =
        new PartitionLimits(
            random.nextInt(3) == 0 ? random.nextInt(5, 40) : 5_000,
            1 << 20,
            10_000,
            1 << 20,
            window,
            random.nextInt(2) == 0 ? 1 << 20 : 2_000,
            random.nextInt(1, 20),
            1 << 20,
            random.nextInt(1, 20),
            random.nextInt(3) == 0 ? 500 : 1 << 20,
            random.nextInt(1, 20),
            random.nextInt(1, 8));
    memory = new MemoryBudget(random.nextInt(2) == 0 ? 20_000 : 1 << 20);
    context =
        new PartitionContext(
            clock,
            new DatabaseClocks(clock, Duration.ZERO),
            limits,
            leases,
            memory,
            background::add,
            new Letters(),
            TurnObserver.NONE,
            random.split());
    settings = settings();
    backing.create(SOURCE);
    backing.create(DEAD);
    source = side(SOURCE);
    dead = side(DEAD);
    model = new Model(backing, clock, SOURCE, settings);
  }

  private QueueSettings settings() {
    return new QueueSettings(
        LEASE, EXPIRE, random.nextInt(4), random.nextInt(4) == 0 ? "" : DEAD_QUEUE);
  }

  private Side side(PartitionKey key) {
    WaitingRoom room = new WaitingRoom(100);
    Mailbox mailbox = new Mailbox(context.limits());
    return new Side(key, room, mailbox, opened(key, room, mailbox));
  }

  private void open(Side side) {
    side.mailbox = new Mailbox(context.limits());
    side.loop = opened(side.key, side.room, side.mailbox);
  }

  private PartitionLoop opened(PartitionKey key, WaitingRoom room, Mailbox mailbox) {
    Claim claim = new Claim("node", new UUID(0, 1), 1, ++version);
    Opened opened = (Opened) backing.open(Map.of(key, Epoch.NONE), claim).getFirst();
    QueueSettings own =
        key.equals(SOURCE) ? settings : new QueueSettings(LEASE, Duration.ofDays(1), 0, "");
    PartitionLoop loop = new PartitionLoop(0, key, store, opened, own, room, mailbox, context);
    loop.open();
    return loop;
  }

  // Running

  void run(int steps) {
    for (int i = 0; i < steps; i++) {
      act();
      if (random.nextInt(3) > 0) {
        step(source);
      }
      if (random.nextInt(3) == 0) {
        step(dead);
      }
      if (random.nextInt(2) == 0) {
        background();
      }
    }
    drain();
  }

  private void step(Side side) {
    if (side.loop.isClosed()) {
      open(side);
    } else {
      side.loop.step();
    }
    settle();
    observe(side);
    assertThat(memory.usedBytes()).as("window bytes").isNotNegative();
  }

  private void observe(Side side) {
    if (side == source) {
      settings = side.loop.settings();
      model.configured(settings);
    }
    LowWater lowWater = side.loop.lowWater();
    if (faults.uncertain) {
      model.uncertain();
      faults.uncertain = false;
    }
    if (lowWater != null) {
      model.observe(side.key, side.loop.stats(), lowWater);
    }
  }

  private void background() {
    Runnable work = background.poll();
    if (work != null) {
      work.run();
    }
  }

  /// Tells the model every outcome that is there.
  private void settle() {
    calls.removeIf(this::settled);
    waiters.keySet().removeIf(this::answered);
    if (cleared) {
      // those too that have become known since, perhaps by a lease of the same step
      model.touchAll();
      cleared = false;
    }
  }

  private <R> boolean settled(Call<R> call) {
    Outcome<R> outcome = call.submission.outcome.getNow(null);
    if (outcome == null) {
      boolean late = call.submission.deadline <= clock.micros();
      assertThat(late && !call.submission.withdraw())
          .as("what a turn took is answered when it ends")
          .isFalse();
      if (late) {
        return true;
      }
      return false;
    }
    call.told.outcome(outcome);
    return true;
  }

  private boolean answered(Waiter waiter) {
    LeaseAnswer answer = waiter.answer().getNow(null);
    if (answer instanceof LeaseAnswer.Leased leased) {
      assertThat(leased.items()).hasSizeBetween(1, waiter.batchSize);
      model.leased(leased.items());
    }
    return answer != null;
  }

  /// Ends the history: no more faults, everything comes out.
  private void drain() {
    faults.on = false;
    deadQueueExists = true;
    long began = clock.micros();
    for (int round = 0; round < 1_000; round++) {
      // less than a lease, so that what is completed is held
      clock.advance(Duration.ofMillis(4_400));
      submit(source, new Command.WakeDead(), _ -> {});
      for (Side side : List.of(source, dead)) {
        for (LeasedItem item : model.held(side.key)) {
          complete(side, List.of(item.id()));
        }
        if (side.room.size() == 0) {
          lease(side, 50);
        }
        // small turns would never catch up with a complete for each item in each round
        do {
          step(side);
        } while (side.mailbox.depth() > 0);
      }
      while (!background.isEmpty()) {
        background();
      }
      boolean allExpired = clock.micros() - began > EXPIRE.toNanos() / 1_000;
      if (allExpired && model.isEmpty(SOURCE) && model.isEmpty(DEAD)) {
        break;
      }
    }
    assertThat(model.isEmpty(SOURCE)).as("the source is empty: " + model).isTrue();
    assertThat(model.isEmpty(DEAD)).as("the dead queue is empty: " + model).isTrue();
    for (Side side : List.of(source, dead)) {
      PartitionStats stats = side.loop.stats();
      assertThat(stats.exact()).as("exact in the end").isTrue();
      assertThat(stats.total()).isZero();
    }
    assertThat(leases.used()).as("places in the lease budget").isZero();
    assertThat(memory.usedBytes()).as("bytes in the window budget").isZero();
  }

  // Acting

  private void act() {
    switch (random.nextInt(22)) {
      case 0, 1, 2, 3 -> produce(random.nextInt(1, 12), false);
      case 4 -> produce(1, random.nextInt(3) == 0);
      case 5, 6 -> produceKeyed();
      case 7, 8, 9 -> lease(source, random.nextInt(1, 10));
      case 10, 11 -> completeSome();
      case 12, 13 -> retrySome();
      case 14 -> clearSome();
      case 15 -> importSome();
      case 16 -> deleteSome();
      case 17 -> clock.advance(Duration.ofMillis(random.nextInt(1, 500)));
      case 18 -> clock.advance(Duration.ofMillis(random.nextInt(1, 15_000)));
      case 19 -> restartOrReload();
      case 20 -> configure();
      default -> leaveOrAbandon();
    }
  }

  private <R> void submit(Side side, Command<R> command, Told<R> told) {
    Submission<R> submission = new Submission<>(command, clock.micros() + DEADLINE_MICROS);
    if (!side.loop.isClosed() && side.mailbox.offer(submission)) {
      calls.add(new Call<>(submission, told));
    }
  }

  private ItemContent content(String payload, boolean poison) {
    byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
    return new ItemContent("kind", poison ? POISON : "", "", bytes);
  }

  private String payload() {
    return "p" + ++payloads;
  }

  private void produce(int count, boolean poison) {
    List<NewItem> items = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      names.add(payload());
      long at =
          random.nextInt(4) == 0 ? clock.micros() + random.nextLong(1, 20_000_000) : ItemHead.READY;
      items.add(new NewItem(content(names.getLast(), poison), at));
    }
    submit(
        source,
        new Command.Produce(items, clock.micros(), null),
        outcome -> {
          if (outcome instanceof Outcome.Refused<Produced>) {
            assertThat(poison).as("only poison is refused").isTrue();
          }
          told(outcome, new Event.Added(SOURCE, names));
        });
  }

  private void produceKeyed() {
    String key = "key" + random.nextInt(KEYS);
    boolean otherBody = random.nextInt(5) == 0;
    String name = payload();
    KeyHash request = KeyHash.of('r', otherBody ? "other" : "same");
    submit(
        source,
        new Command.Produce(
            List.of(new NewItem(content(name, false), ItemHead.READY)),
            clock.micros(),
            new RequestKey(KeyHash.of('i', key), request)),
        outcome -> {
          if (outcome instanceof Outcome.Done<Produced>(Produced produced)) {
            model.keyed(key, request, produced, name, clock.micros());
          } else if (outcome instanceof Outcome.Unknown) {
            model.keyedUnknown(key, request, name);
          }
        });
  }

  private void lease(Side side, int batch) {
    Waiter waiter = new Waiter("client" + ++clients, batch);
    assertThat(side.room.park(waiter)).isEqualTo(WaitingRoom.Parked.WAITING);
    waiters.put(waiter, clock.micros());
    side.mailbox.signal();
  }

  private void complete(Side side, List<ItemId> ids) {
    List<String> names = model.names(ids);
    boolean live = model.allLive(ids);
    Map<String, Integer> touches = model.touch(names);
    submit(
        side,
        new Command.Complete(ids),
        outcome -> {
          if (outcome instanceof Outcome.Done<List<ItemId>>(List<ItemId> offending)) {
            if (offending.isEmpty()) {
              model.event(new Event.Completed(side.key, names), false);
            } else {
              assertThat(live && model.stillLive(ids, touches))
                  .as("a live lease is not cut off: " + offending)
                  .isFalse();
            }
          } else if (outcome instanceof Outcome.Unknown) {
            model.event(new Event.Completed(side.key, names), true);
          }
        });
  }

  private void completeSome() {
    List<ItemId> ids = pick(5);
    if (!ids.isEmpty()) {
      complete(source, ids);
    }
  }

  private List<ItemId> pick(int max) {
    List<ItemId> known = model.knownIds(SOURCE);
    List<ItemId> picked = new ArrayList<>();
    for (int i = 0; i < random.nextInt(1, max + 1) && !known.isEmpty(); i++) {
      picked.add(known.get(random.nextInt(known.size())));
    }
    return picked;
  }

  private void retrySome() {
    List<RetryItem> retries = new ArrayList<>();
    for (ItemId id : pick(4)) {
      boolean toDead = random.nextInt(4) == 0;
      long at =
          random.nextInt(3) == 0 ? clock.micros() + random.nextLong(20_000_000) : ItemHead.READY;
      retries.add(new RetryItem(id, at, toDead));
    }
    List<String> names = model.names(retries.stream().map(RetryItem::id).toList());
    model.touch(names);
    submit(
        source,
        new Command.Retry(retries),
        outcome -> {
          if (outcome instanceof Outcome.Done<List<ItemId>>(List<ItemId> offending)) {
            if (offending.isEmpty()) {
              model.event(new Event.Retried(SOURCE, names), false);
            }
          } else if (outcome instanceof Outcome.Unknown) {
            model.event(new Event.Retried(SOURCE, names), true);
          }
        });
  }

  private void clearSome() {
    if (random.nextInt(3) > 0) {
      return;
    }
    boolean ready = random.nextBoolean();
    model.touchAll();
    Command.Clear clear =
        new Command.Clear(ready, !ready || random.nextBoolean(), random.nextBoolean());
    submit(
        source,
        clear,
        outcome -> {
          cleared = true;
          told(outcome, new Event.Cleared(SOURCE, clear));
        });
  }

  private void importSome() {
    List<ImportItem> items = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < random.nextInt(1, 6); i++) {
      names.add(payload());
      String sourceId = random.nextBoolean() ? "" : "source" + random.nextInt(8);
      long lease =
          random.nextInt(3) == 0 ? clock.micros() + random.nextLong(1, 20_000_000) : ItemHead.READY;
      items.add(
          new ImportItem(
              content(names.getLast(), false),
              sourceId,
              lease,
              ItemHead.READY,
              random.nextInt(3),
              0));
    }
    submit(
        source,
        new Command.Import(items, clock.micros()),
        outcome -> {
          if (outcome instanceof Outcome.Done<List<Optional<ItemHead>>>(var answers)) {
            assertThat(answers).hasSameSizeAs(items);
            List<String> added = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
              if (answers.get(i).isPresent()) {
                added.add(names.get(i));
              } else {
                assertThat(items.get(i).sourceId()).isNotEmpty();
              }
            }
            model.event(new Event.Added(SOURCE, added), false);
          } else if (outcome instanceof Outcome.Unknown) {
            names.forEach(name -> model.event(new Event.Added(SOURCE, List.of(name)), true));
          }
        });
  }

  private void deleteSome() {
    List<ItemId> ids = model.storedIds(SOURCE, random, 3);
    List<String> names = model.names(ids);
    model.touch(names);
    submit(
        source,
        new Command.Delete(ids),
        outcome -> told(outcome, new Event.Deleted(SOURCE, names)));
  }

  private void told(Outcome<?> outcome, Event event) {
    if (outcome instanceof Outcome.Done) {
      model.event(event, false);
    } else if (outcome instanceof Outcome.Unknown) {
      model.event(event, true);
    }
  }

  private void restartOrReload() {
    switch (random.nextInt(6)) {
      case 0 -> restart(source);
      case 1 -> restart(dead);
      case 2 -> submit(source, new Command.Reload(), _ -> {});
      default -> {}
    }
  }

  /// The process dies: its loop is gone with all that it had not answered, another one opens the
  /// partition.
  private void restart(Side side) {
    PartitionLoop old = side.loop;
    old.close(Outcome.Reason.SHUTDOWN);
    settle();
    open(side);
    observe(side);
  }

  private void configure() {
    if (random.nextInt(2) == 0) {
      deadQueueExists = random.nextInt(4) > 0;
      submit(source, new Command.WakeDead(), _ -> {});
      return;
    }
    submit(source, new Command.Configure(settings()), _ -> {});
  }

  private void leaveOrAbandon() {
    for (Waiter waiter : List.copyOf(waiters.keySet())) {
      if (random.nextInt(3) == 0) {
        source.room.leave(waiter, Outcome.Reason.TIMEOUT);
      }
    }
  }

  /// Delivers within the same thread: the dead queue's loop is stepped until it answers.
  private final class Letters implements DeadLetters {
    @Override
    public Delivery deliver(String deadQueue, List<DeadItem> items) {
      if (!deadQueueExists) {
        return Delivery.NO_SUCH_QUEUE;
      }
      Submission<Boolean> submission =
          new Submission<>(new Command.TakeDead(items), clock.micros() + DEADLINE_MICROS);
      List<String> names = items.stream().map(item -> Model.name(item.content())).toList();
      @Nullable Outcome<Boolean> outcome = null;
      model.deliveringDead(names);
      if (!dead.loop.isClosed() && dead.mailbox.offer(submission)) {
        step(dead);
        outcome = submission.outcome.getNow(null);
      }
      if (outcome instanceof Outcome.Done) {
        model.deliveredDead(names);
        return Delivery.TAKEN;
      }
      submission.withdraw();
      return Delivery.FAILED;
    }

    @Override
    public void forget(String deadQueue, List<KeyHash> keys) {
      submit(dead, new Command.ForgetDead(keys), _ -> {});
    }
  }
}

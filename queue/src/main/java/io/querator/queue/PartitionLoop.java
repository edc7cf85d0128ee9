package io.querator.queue;

import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionStats.Status;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.Epoch;
import io.querator.storage.ItemHead;
import io.querator.storage.KeyEntry;
import io.querator.storage.KeyHash;
import io.querator.storage.LowWater;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import io.querator.storage.StorageException;
import io.querator.storage.StoredItem;
import io.querator.storage.TurnToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The turns of one partition. Owned by one thread, which calls [#open] once and then [#step] again
/// and again; tests step it by hand.
///
/// A turn takes what waits, decides it in memory, commits once, then answers. If the commit did not
/// succeed, memory is thrown away and read again, and the same commands are decided anew.
final class PartitionLoop {
  private static final int MICROS_PER_MILLI = 1_000;
  private static final long REOPEN_MIN_MICROS = 250_000;
  private static final long REOPEN_MAX_MICROS = 1_000_000;

  /// A mark is written with the next turn after so many removals, or so long after the last.
  private static final long LOW_WATER_REMOVALS = 100_000;

  private static final long LOW_WATER_MICROS = 10_000_000;

  /// Rows below a low-water mark are looked for this long after opening, and up to as long again,
  /// so that a start with thousands of partitions is not slowed down.
  private static final int GARBAGE_DELAY_MICROS = 30_000_000;

  /// For how long a key is remembered.
  static final int KEY_MINUTES = 15;

  /// The timer aims at this much after the grace period.
  private static final long LEASE_TIMER_MICROS = Turn.LEASE_GRACE_MICROS + 5_000;

  /// How often a turn is numbered again before the partition counts as failing.
  private static final int ATTEMPTS_MAX = 5;

  private static final int HEADS_MAX = 10_000;
  private static final Logger log = LoggerFactory.getLogger(PartitionLoop.class);

  private final int index;
  private final PartitionKey key;
  private final PartitionStore store;
  private final PartitionContext context;
  private final WaitingRoom room;
  private final Mailbox mailbox;
  private final Background background;
  private final Numbers numbers;
  private Opened opened;
  private QueueSettings settings;
  private Rates rates = new Rates();
  private @Nullable PartitionMemory memory;

  /// What the turn under way must answer and whom it deals to, should it fail.
  private List<Submission<?>> inTurn = List.of();

  private @Nullable Dealer dealer;
  private Status status = Status.OPENING;
  private volatile @Nullable CommitListener listener;
  private volatile OptionalLong seal = OptionalLong.empty();
  private volatile PartitionStats stats = PartitionStats.of(Status.OPENING);
  private long generation;
  private long reopenAt;
  private long reopenDelay = REOPEN_MIN_MICROS;
  private long removalsSinceMark;
  private long markedAt;
  private boolean keysWritten;
  private long prunedAt;

  PartitionLoop(
      int index,
      PartitionKey key,
      PartitionStore store,
      Opened opened,
      QueueSettings settings,
      WaitingRoom room,
      Mailbox mailbox,
      PartitionContext context) {
    this.index = index;
    this.key = key;
    this.store = store;
    this.opened = opened;
    this.settings = settings;
    this.room = room;
    this.mailbox = mailbox;
    this.context = context;
    numbers = new Numbers(opened.epoch());
    background = new Background(store, context, mailbox);
  }

  /// After the last turn; for any thread.
  PartitionStats stats() {
    return stats;
  }

  Opened opened() {
    return opened;
  }

  void listen(@Nullable CommitListener listens) {
    listener = listens;
  }

  OptionalLong seal() {
    return seal;
  }

  /// The low-water mark while the partition serves, else null.
  @Nullable LowWater lowWater() {
    PartitionMemory now = memory;
    return now == null ? null : now.lowWater();
  }

  QueueSettings settings() {
    return settings;
  }

  boolean isClosed() {
    return status == Status.CLOSED;
  }

  /// Reads the memory of the partition as it was opened.
  void open() {
    loadAnew();
  }

  /// When the next step has something to do even if nothing arrives, in microseconds since 1970, or
  /// [Long#MAX_VALUE].
  long nextStep() {
    if (status == Status.CLOSED) {
      return Long.MAX_VALUE;
    }
    PartitionMemory now = memory;
    if (now == null) {
      return reopenAt;
    }
    long next = now.window.expiresNotBefore();
    next = Math.min(next, now.schedule.firstDue());
    next = Math.min(next, background.nextBegin(now, settings));
    long deadline = now.leases.firstDeadline();
    if (deadline != Long.MAX_VALUE) {
      next = Math.min(next, deadline + LEASE_TIMER_MICROS);
    }
    boolean atOnce =
        !now.abandoned.isEmpty() || (!now.dead.isEmpty() && settings.deadQueue().isEmpty());
    return atOnce ? Long.MIN_VALUE : next;
  }

  /// Takes what waits and lets time pass.
  void step() {
    Mailbox.Mail mail = mailbox.take();
    long now = now();
    List<Submission<?>> commands = taken(mail.commands(), now);
    if (status == Status.FAILING) {
      refuse(commands, Reason.FAILING);
      if (now >= reopenAt) {
        reopen();
      }
      return;
    }
    if (status != Status.SERVING) {
      refuse(commands, Reason.MOVED);
      return;
    }
    configure(commands);
    reload(commands);
    if (memory != null) {
      execute(mail.messages(), commands, 1);
    } else {
      refuse(commands, Reason.FAILING);
    }
    afterTurn();
  }

  /// Goes on after a turn ended by an exception, a broken invariant: what is stored is the truth.
  void recover() {
    inTurn.forEach(command -> end(command, new Outcome.Unknown<>()));
    takeBackDealt();
    if (status == Status.SERVING) {
      loadAnew();
    }
  }

  private void takeBackDealt() {
    Dealer dealing = dealer;
    if (dealing != null) {
      dealing.takeBack();
      dealer = null;
    }
  }

  /// Ends the partition here: whoever waits is told `reason`.
  void close(Reason reason) {
    status = Status.CLOSED;
    discard();
    // before the mailbox is emptied, so that whoever adds to it later can see it
    publish();
    refuse(mailbox.takeAll().stream().filter(Submission::take).toList(), reason);
  }

  private long now() {
    return Micros.of(context.clock().instant());
  }

  private List<Submission<?>> taken(List<Submission<?>> commands, long now) {
    List<Submission<?>> taken = new ArrayList<>(commands.size());
    for (Submission<?> command : commands) {
      if (command.take()) {
        if (command.deadline <= now) {
          end(command, new NotExecuted<>(Reason.TIMEOUT));
        } else {
          taken.add(command);
        }
      }
    }
    return taken;
  }

  private void afterTurn() {
    PartitionMemory now = memory;
    if (now != null && status == Status.SERVING) {
      if (numbers.runOut()) {
        reopen();
      } else {
        background.begin(now, settings, now());
        pruneKeys(now());
      }
    }
  }

  // One turn

  private void execute(List<Message.Sent> messages, List<Submission<?>> commands, int attempt) {
    PartitionMemory memory = serving();
    inTurn = commands;
    Counters countersBefore = memory.counters.copy();
    Rates ratesBefore = rates.copy();
    Turn turn;
    long began = System.nanoTime();
    try {
      Turn.Reads reads = read(commands);
      long now = now();
      turn = new Turn(memory, settings, rates, reads, now, context.limits().turnItems());
      Dealer dealing = new Dealer(room, turn, memory, context.limits(), index);
      dealer = dealing;
      decide(turn, dealing, messages, commands, now);
    } catch (StorageException e) {
      fail(commands, new NotExecuted<>(Reason.FAILING), e);
      return;
    }
    if (turn.changes().isEmpty()) {
      dealer = null;
      publish();
      turn.release();
      return;
    }
    Batch batch = turn.changes().batch(opened, new TurnToken(context.random().nextLong()));
    long committing = System.nanoTime();
    CommitResult result = commit(batch);
    long committed = System.nanoTime();
    if (!(result instanceof CommitResult.Committed)) {
      takeBackDealt();
      rates = ratesBefore;
    }
    switch (result) {
      case CommitResult.Committed done -> {
        committed(done.epoch(), turn.changes().lowWater());
        removalsSinceMark += turn.changes().expectedRemovals();
        dealer = null;
        // whoever is answered finds its own change in the numbers
        publish();
        turn.release();
        long nanos = System.nanoTime() - began;
        context.observer().turn(turn.changes().rows(), nanos, committed - committing);
        verify(done, turn.changes());
      }
      case CommitResult.NotCommitted(var epoch) -> {
        opened = opened.at(epoch);
        if (attempt == ATTEMPTS_MAX) {
          fail(commands, new NotExecuted<>(Reason.FAILING), null);
        } else if (load(countersBefore, memory.clockOffset)) {
          execute(List.of(), stillWanted(commands), attempt + 1);
        } else {
          refuse(commands, Reason.FAILING);
        }
      }
      case CommitResult.Refused refused -> {
        opened = opened.at(refused.epoch());
        refused(refused, countersBefore, commands);
      }
      case CommitResult.Fenced(var mayHaveCommitted) -> {
        log.atWarn()
            .addKeyValue("partition", key)
            .addKeyValue("epoch", opened.epoch())
            .log("partition is owned by somebody else");
        context.observer().fenced();
        commands.forEach(command -> end(command, lost(mayHaveCommitted, Reason.MOVED)));
        close(Reason.MOVED);
      }
      case CommitResult.Unavailable(var mayHaveCommitted) ->
          fail(commands, lost(mayHaveCommitted, Reason.FAILING), null);
    }
  }

  private CommitResult commit(Batch batch) {
    CommitResult result;
    try {
      result = store.commit(List.of(batch)).getFirst();
    } catch (RuntimeException e) {
      tell(CommitListener::lost);
      throw e;
    }
    switch (result) {
      case CommitResult.Committed _ -> tell(listening -> listening.committed(batch));
      case CommitResult.Fenced _, CommitResult.Unavailable _ -> tell(CommitListener::lost);
      case CommitResult.NotCommitted _, CommitResult.Refused _ -> {}
    }
    return result;
  }

  private void tell(Consumer<CommitListener> what) {
    // asked for after the commit: who has begun to listen before hears of all that it cannot read
    CommitListener listening = listener;
    if (listening != null) {
      what.accept(listening);
    }
  }

  private void decide(
      Turn turn,
      Dealer dealer,
      List<Message.Sent> messages,
      List<Submission<?>> commands,
      long now) {
    for (Message.Sent sent : messages) {
      if (background.accept(sent, turn.memory(), now)) {
        take(sent.message(), turn, now);
      }
    }
    turn.letTimePass();
    for (Submission<?> command : commands) {
      turn.decide(command);
      if (command.command instanceof Command.WakeDead
          || command.command instanceof Command.Configure) {
        background.deliverNow();
      }
      if (command.command instanceof Command.Clear) {
        background.collectGarbage(turn.memory(), now);
      }
    }
    if (settings.deadQueue().isEmpty() && !turn.memory().dead.isEmpty()) {
      turn.removeDead(context.limits().turnItems());
    }
    dealer.deal();
    markLowWater(turn, now);
  }

  private void take(Message message, Turn turn, long now) {
    PartitionMemory memory = turn.memory();
    switch (message) {
      case Message.Refilled(var range, var rows, var complete) ->
          memory.refill(rows, range.to(), complete);
      case Message.DueLoaded(var rows, var to) ->
          memory.schedule.load(rows.stream().filter(head -> !memory.isCleared(head)).toList(), to);
      case Message.ExpiredFound(var rows, var next, var more) -> {
        turn.expireBeyond(rows);
        background.scannedExpired(next, more, now);
      }
      case Message.GarbageFound(var rows, var rest) -> {
        turn.removeGarbage(rows);
        background.scannedGarbage(rest);
      }
      case Message.Counted(var ready, var notReady) -> {
        memory.counters.counted(ready.items(), ready.createdSumMillis());
        memory.counters.countedScheduled(notReady.items());
      }
      case Message.DeadFound(var rows, var complete) ->
          memory.dead.load(
              rows.stream().filter(head -> !memory.isCleared(head)).toList(), complete);
      case Message.DeadDelivered(var deadQueue, var rows, var delivery) ->
          delivered(deadQueue, rows, delivery, turn, now);
      case Message.Failed _ -> throw new IllegalStateException("a failed work is not accepted");
    }
  }

  private void delivered(
      String deadQueue, List<ItemHead> rows, DeadLetters.Delivery delivery, Turn turn, long now) {
    if (delivery == DeadLetters.Delivery.TAKEN) {
      List<KeyHash> keys = turn.removeDelivered(rows);
      turn.onRelease(
          () -> context.background().execute(() -> context.deadLetters().forget(deadQueue, keys)));
    } else {
      background.notDelivered(delivery == DeadLetters.Delivery.NO_SUCH_QUEUE, now);
    }
  }

  private void markLowWater(Turn turn, long now) {
    boolean due =
        removalsSinceMark >= LOW_WATER_REMOVALS
            || (removalsSinceMark > 0 && now - markedAt >= LOW_WATER_MICROS);
    if (due && !turn.changes().isEmpty()) {
      turn.lowWater(turn.memory().raiseLowWater());
      removalsSinceMark = 0;
      markedAt = now;
    }
  }

  /// What the commands name and memory does not know: at most one read of keys and one of rows.
  private Turn.Reads read(List<Submission<?>> commands) {
    Set<KeyHash> hashes = new HashSet<>();
    Set<Long> positions = new HashSet<>();
    for (Submission<?> submission : commands) {
      Turn.keysOf(submission.command, hashes);
      if (submission.command instanceof Command.Delete delete) {
        unknownPositions(delete, positions);
      }
    }
    Map<KeyHash, KeyEntry> keys = Map.of();
    if (!hashes.isEmpty()) {
      keysWritten = true;
      keys = store.keys(opened, hashes, minute(now()) - KEY_MINUTES);
    }
    Map<Long, ItemHead> heads = new HashMap<>();
    long[] sorted = positions.stream().mapToLong(Long::longValue).sorted().toArray();
    for (int from = 0; from < sorted.length; from += HEADS_MAX) {
      int to = Math.min(sorted.length, from + HEADS_MAX);
      long[] page = Arrays.copyOfRange(sorted, from, to);
      store.heads(opened, page).forEach(head -> heads.put(head.position(), head));
    }
    return new Turn.Reads(keys, heads);
  }

  private void unknownPositions(Command.Delete delete, Set<Long> positions) {
    PartitionMemory memory = serving();
    for (ItemId id : delete.ids()) {
      long position = id.position();
      boolean known =
          memory.leases.holds(position)
              || memory.window.get(position) != null
              || memory.schedule.get(position) != null
              || memory.dead.get(position) != null;
      if (id.partition().equals(key) && !known) {
        positions.add(position);
      }
    }
  }

  private static int minute(long micros) {
    return (int) (micros / Turn.MICROS_PER_MINUTE);
  }

  private void pruneKeys(long now) {
    if (keysWritten && now - prunedAt > Turn.MICROS_PER_MINUTE) {
      prunedAt = now;
      Opened at = opened;
      int before = minute(now) - KEY_MINUTES - 1;
      context.background().execute(() -> store.pruneKeys(at, before));
    }
  }

  private void verify(CommitResult.Committed done, Changes changes) {
    long expected = changes.expectedRemovals();
    if (done.removedFound().isPresent() && done.removedFound().getAsLong() != expected) {
      log.atError()
          .addKeyValue("partition", key)
          .addKeyValue("expected", expected)
          .addKeyValue("found", done.removedFound().getAsLong())
          .log("storage does not hold what memory expects, reading it again");
      load(null, serving().clockOffset);
    }
  }

  /// Repeats the commands one by one, so that the one whose data the database refuses cannot fail
  /// the others.
  private void refused(
      CommitResult.Refused refused, Counters countersBefore, List<Submission<?>> commands) {
    if (!load(countersBefore, serving().clockOffset)) {
      refuse(commands, Reason.FAILING);
      return;
    }
    if (commands.size() > 1) {
      for (int i = 0; i < commands.size(); i++) {
        if (status != Status.SERVING) {
          refuse(commands.subList(i, commands.size()), Reason.FAILING);
          return;
        }
        execute(List.of(), stillWanted(List.of(commands.get(i))), 1);
      }
    } else if (commands.isEmpty()) {
      log.atError()
          .addKeyValue("partition", key)
          .addKeyValue("message", refused.message())
          .log("the database refuses what the passing of time changes");
      fail(commands, new NotExecuted<>(Reason.FAILING), null);
    } else {
      commands.forEach(command -> end(command, new Outcome.Refused<>(refused.message())));
    }
  }

  private List<Submission<?>> stillWanted(List<Submission<?>> commands) {
    long now = now();
    List<Submission<?>> wanted = new ArrayList<>(commands.size());
    for (Submission<?> command : commands) {
      if (command.deadline <= now) {
        end(command, new NotExecuted<>(Reason.TIMEOUT));
      } else {
        wanted.add(command);
      }
    }
    return wanted;
  }

  // Memory

  private PartitionMemory serving() {
    PartitionMemory serving = memory;
    if (serving == null) {
      throw new IllegalStateException("partition " + key + " has no memory");
    }
    return serving;
  }

  private void committed(Epoch epoch, @Nullable LowWater mark) {
    opened = opened.at(epoch);
    if (mark != null) {
      opened = opened.marked(mark);
    }
    numbers.raise(epoch);
    serving().opened(opened);
  }

  /// Reads the memory for the first time, or after anything may have happened.
  private boolean loadAnew() {
    long offset;
    try {
      // the time in [#opened] may be long past
      offset = context.databaseClocks().offset(store);
    } catch (StorageException e) {
      discard();
      fail(List.of(), new NotExecuted<>(Reason.FAILING), e);
      return false;
    }
    return load(null, offset);
  }

  /// Reads the memory again. Whatever the store says, the loop can go on: it serves, or fails for a
  /// while.
  ///
  /// @param counters from before, kept if they are exact; else, or if null, they are counted
  private boolean load(@Nullable Counters counters, long clockOffset) {
    discard();
    long now = now();
    numbers.raise(opened.epoch());
    PartitionMemory loaded =
        new PartitionMemory(
            key,
            opened,
            numbers,
            ++generation,
            counters == null || !counters.isExact()
                ? new Counters(now / MICROS_PER_MILLI)
                : counters,
            clockOffset,
            context.limits(),
            context.leases(),
            context.memory());
    try {
      seal = new MemoryLoader(store, context.limits(), loaded, context.leases()).load();
      long garbageAt = now + GARBAGE_DELAY_MICROS + context.random().nextInt(GARBAGE_DELAY_MICROS);
      background.restart(loaded, garbageAt);
    } catch (StorageException e) {
      loaded.discard();
      fail(List.of(), new NotExecuted<>(Reason.FAILING), e);
      return false;
    }
    if (seal.isPresent()) {
      loaded.discard();
      close(Reason.MOVED);
      return false;
    }
    memory = loaded;
    opened = opened.found(false); // from now on there may be rows
    status = Status.SERVING;
    reopenDelay = REOPEN_MIN_MICROS;
    markedAt = now;
    publish();
    return true;
  }

  private void discard() {
    PartitionMemory old = memory;
    if (old != null) {
      old.discard();
      memory = null;
    }
  }

  /// Follows the queue's definition, which is not kept here: whatever becomes of the turn.
  private void configure(List<Submission<?>> commands) {
    for (Submission<?> submission : commands) {
      if (submission.command instanceof Command.Configure(var configured)) {
        settings = configured;
      }
    }
  }

  @SuppressWarnings("unchecked")
  private void reload(List<Submission<?>> commands) {
    List<Submission<?>> reloads = new ArrayList<>();
    commands.removeIf(command -> command.command instanceof Command.Reload && reloads.add(command));
    if (reloads.isEmpty()) {
      return;
    }
    if (load(null, serving().clockOffset)) {
      reloads.forEach(command -> ((Submission<Boolean>) command).done(true));
    } else {
      refuse(reloads, Reason.FAILING);
    }
  }

  // Failure

  private void fail(
      List<Submission<?>> commands, Outcome<?> outcome, @Nullable StorageException cause) {
    log.atWarn()
        .addKeyValue("partition", key)
        .setCause(cause)
        .log("partition cannot reach its storage");
    discard();
    status = Status.FAILING;
    reopenAt = now() + reopenDelay;
    reopenDelay = Math.min(REOPEN_MAX_MICROS, reopenDelay * 2);
    publish();
    commands.forEach(command -> end(command, outcome));
    refuse(mailbox.takeAll().stream().filter(Submission::take).toList(), Reason.FAILING);
  }

  private void reopen() {
    OpenResult result;
    try {
      result = store.reopen(opened);
    } catch (StorageException e) {
      fail(List.of(), new NotExecuted<>(Reason.FAILING), e);
      return;
    }
    switch (result) {
      case Opened again -> {
        opened = again;
        if (loadAnew()) {
          log.atInfo()
              .addKeyValue("partition", key)
              .addKeyValue("epoch", opened.epoch())
              .log("partition serves again");
        }
      }
      case OpenResult.Stale _ -> close(Reason.MOVED);
      case OpenResult.Missing _ -> close(Reason.DELETED);
    }
  }

  private void refuse(List<Submission<?>> commands, Reason reason) {
    commands.forEach(command -> end(command, new NotExecuted<>(reason)));
  }

  private static Outcome<?> lost(boolean mayHaveCommitted, Reason reason) {
    return mayHaveCommitted ? new Outcome.Unknown<>() : new NotExecuted<>(reason);
  }

  @SuppressWarnings("unchecked")
  private static void end(Submission<?> submission, Outcome<?> outcome) {
    ((Submission<Object>) submission).end((Outcome<Object>) outcome);
  }

  private void publish() {
    PartitionMemory now = memory;
    if (now == null) {
      stats = PartitionStats.of(status);
      return;
    }
    Counters counters = now.counters;
    StoredItem head = now.window.peek();
    stats =
        new PartitionStats(
            status,
            opened.epoch().value(),
            counters.total(),
            now.leases.items(),
            counters.scheduled(),
            counters.isExact(),
            counters.createdSumMillis(),
            now.leases.deadlineSumMillis(),
            counters.baseMillis(),
            now.window.size(),
            now.hasBeyond(),
            head == null ? Long.MAX_VALUE : head.head().placedAt(),
            rates.produced,
            rates.leased,
            rates.completed,
            rates.retried,
            rates.leasesExpired,
            rates.expired,
            rates.dead);
    lookAgain(now);
  }

  /// Asks for another turn if somebody waits although something is ready: a call that parks goes by
  /// the published numbers, and may have come after this turn looked into the room but before the
  /// numbers were there. If nobody waits, others may who go by these numbers, too.
  private void lookAgain(PartitionMemory memory) {
    if (memory.window.isEmpty()) {
      return;
    }
    if (room.hasWaiterFor(key)) {
      mailbox.signal();
    }
    room.ready(key);
  }
}

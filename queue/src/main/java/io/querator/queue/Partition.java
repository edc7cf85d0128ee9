package io.querator.queue;

import io.querator.queue.Outcome.NotExecuted;
import io.querator.queue.Outcome.Reason;
import io.querator.queue.PartitionStats.Status;
import io.querator.storage.Micros;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.PartitionKey;
import io.querator.storage.PartitionStore;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An open partition: its mailbox, and the thread that runs its loop. Safe for use by many threads.
public final class Partition {
  private static final int NANOS_PER_MICRO = 1_000;
  private static final long NO_TURN = Long.MIN_VALUE;

  /// A turn that takes longer has met a storage that hangs or is slow: who can goes elsewhere.
  private static final long HANGS_MICROS = 250_000;

  /// How long after its deadline a call still waits for the outcome of what has been begun.
  private static final long MARGIN_MICROS = 1_000_000;

  /// An item may expire thousands of years from now, which is too many nanoseconds for a `long`.
  private static final long WAIT_MAX_MICROS = 3_600_000_000L;

  /// How often a call that waits for its turn looks whether it should go elsewhere.
  private static final long LOOK_MICROS = 100_000;

  private static final Logger log = LoggerFactory.getLogger(Partition.class);

  private final int index;
  private final PartitionKey key;
  private final PartitionStore store;
  private final PartitionContext context;
  private final Mailbox mailbox;
  private final PartitionLoop loop;
  private final Opened opened;
  private final AtomicReference<@Nullable Reason> closing = new AtomicReference<>();
  private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

  /// When the turn under way began, in microseconds since 1970; [#NO_TURN] between turns.
  private volatile long turnBegan = NO_TURN;

  /// @param index the partition's number in its queue
  /// @param key the partition's identity, which `store` may know under another key
  /// @param opened by this process, just now
  /// @param room of the partition's queue
  public Partition(
      int index,
      PartitionKey key,
      PartitionStore store,
      Opened opened,
      QueueSettings settings,
      WaitingRoom room,
      PartitionContext context) {
    this.index = index;
    this.key = key;
    this.store = store;
    this.opened = opened;
    this.context = context;
    mailbox = new Mailbox(context.limits());
    loop = new PartitionLoop(index, key, store, opened, settings, room, mailbox, context);
  }

  /// Starts the loop on a virtual thread.
  ///
  /// @param beforeOpening waits for the permission to read from the store
  /// @param afterOpening gives it back
  public void start(Runnable beforeOpening, Runnable afterOpening) {
    Thread.ofVirtual().name("partition-" + key).start(() -> run(beforeOpening, afterOpening));
  }

  public int index() {
    return index;
  }

  /// Where its rows are.
  public PartitionStore store() {
    return store;
  }

  /// As it was opened here; the epoch may have risen since.
  public Opened opened() {
    return opened;
  }

  /// Tells `listener`, in the place of any other, what the loop writes from now on; null: nobody.
  /// What is not told could be read from the store before this returned.
  public void listen(@Nullable CommitListener listener) {
    loop.listen(listener);
  }

  /// The seal that ended the loop, if that is what ended it.
  public OptionalLong seal() {
    return loop.seal();
  }

  public PartitionStats stats() {
    return loop.stats();
  }

  /// How many items wait in the mailbox.
  public long mailboxDepth() {
    return mailbox.depth();
  }

  /// Whether a call would wait for a turn that goes on for too long already.
  public boolean hangs() {
    return turnMicros() > HANGS_MICROS;
  }

  /// How long the turn under way has taken so far; 0 between turns.
  private long turnMicros() {
    long began = turnBegan;
    return began == NO_TURN ? 0 : Micros.of(context.clock().instant()) - began;
  }

  /// Asks the loop to deal to the waiting room.
  public void wake() {
    mailbox.signal();
  }

  /// Executes `command` and waits for its outcome, until its deadline and a bounded margin.
  ///
  /// @param deadline microseconds since 1970 by the context's clock
  public <R> Outcome<R> call(Command<R> command, long deadline) {
    return call(command, deadline, () -> false);
  }

  /// [#call] of a command that may go elsewhere.
  ///
  /// @param goes asked now and then while no turn has taken the command: true ends the call, which
  ///   is answered as if the storage were away
  public <R> Outcome<R> call(Command<R> command, long deadline, BooleanSupplier goes) {
    Submission<R> submission = new Submission<>(command, deadline);
    Outcome<R> refused = offer(submission);
    if (refused != null) {
      return refused;
    }
    long wait = remaining(deadline);
    Outcome<R> outcome = await(submission, Math.min(wait, LOOK_MICROS));
    while (outcome == null && wait > LOOK_MICROS) {
      if (submission.isQueued() && goes.getAsBoolean() && submission.withdraw()) {
        return new NotExecuted<>(Reason.FAILING);
      }
      wait = remaining(deadline);
      outcome = await(submission, Math.min(wait, LOOK_MICROS));
    }
    if (outcome == null && submission.withdraw()) {
      return new NotExecuted<>(Reason.TIMEOUT);
    }
    if (outcome == null) {
      outcome = await(submission, MARGIN_MICROS);
    }
    return outcome == null ? new Outcome.Unknown<>(true) : outcome;
  }

  private long remaining(long deadline) {
    return deadline - Micros.of(context.clock().instant());
  }

  private <R> @Nullable Outcome<R> offer(Submission<R> submission) {
    Status status = loop.stats().status();
    if (closing.get() != null || status == Status.CLOSED) {
      return new NotExecuted<>(closed());
    }
    if (status == Status.FAILING) {
      return new NotExecuted<>(Reason.FAILING);
    }
    if (!mailbox.offer(submission)) {
      return new NotExecuted<>(Reason.OVERLOADED);
    }
    // the loop may have emptied its mailbox for the last time just before
    boolean late = loop.stats().status() == Status.CLOSED && submission.withdraw();
    return late ? new NotExecuted<>(closed()) : null;
  }

  private Reason closed() {
    Reason reason = closing.get();
    return reason == null ? Reason.MOVED : reason;
  }

  private static <R> @Nullable Outcome<R> await(Submission<R> submission, long micros) {
    try {
      return submission.outcome.get(Math.max(0, micros), TimeUnit.MICROSECONDS);
    } catch (TimeoutException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    } catch (ExecutionException e) {
      throw new IllegalStateException("outcomes are values", e);
    }
  }

  /// Ends the partition here after the turn under way; whoever waits is told `reason`. Returns at
  /// once.
  ///
  /// @return completes when the loop has ended
  public CompletableFuture<Boolean> close(Reason reason) {
    closing.compareAndSet(null, reason);
    mailbox.signal();
    return ended;
  }

  /// Completes when the loop has ended, whoever ended it.
  public CompletableFuture<Boolean> ended() {
    return ended.copy();
  }

  private void run(Runnable beforeOpening, Runnable afterOpening) {
    try {
      beforeOpening.run();
      try {
        loop.open();
      } finally {
        afterOpening.run();
      }
      while (closing.get() == null && !loop.isClosed()) {
        await(loop.nextStep());
        if (closing.get() == null) {
          step();
        }
      }
    } catch (InterruptedException e) {
      log.atDebug().addKeyValue("partition", key).log("partition loop interrupted");
    } finally {
      Reason reason = closing.get();
      loop.close(reason == null ? Reason.MOVED : reason);
      ended.complete(true);
    }
  }

  private void step() {
    turnBegan = Micros.of(context.clock().instant());
    try {
      loop.step();
    } catch (RuntimeException | AssertionError e) {
      log.atError()
          .addKeyValue("partition", key)
          .setCause(e)
          .log("partition loop failed, reading the partition again");
      loop.recover();
    } finally {
      long took = turnMicros();
      turnBegan = NO_TURN;
      if (took > HANGS_MICROS / 2) { // less, as others read the clock a little later
        // who went past, since it seemed to hang, may wait for what is ready here
        mailbox.signal();
      }
    }
  }

  private void await(long until) throws InterruptedException {
    if (until == Long.MAX_VALUE) {
      mailbox.await(Long.MAX_VALUE);
    } else {
      long micros = until == Long.MIN_VALUE ? 0 : until - Micros.of(context.clock().instant());
      mailbox.await(Math.clamp(micros, 0, WAIT_MAX_MICROS) * NANOS_PER_MICRO);
    }
  }
}

package io.querator.storage.mongo;

import com.mongodb.MongoException;
import com.mongodb.client.model.Filters;
import io.querator.storage.KeyEntry;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.bson.BsonBinary;
import org.bson.conversions.Bson;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What follows the commits of one partition, in their order: deletes what they removed, and the
/// log's records that nobody needs any more. A count takes its place in that order, so that nothing
/// is deleted while it runs.
///
/// Needs no fence: only what a committed turn removed is deleted, so it does not matter who does
/// it, when, or how often. Safe for use by many threads; its own work is done by one at a time, and
/// not at all while there is nothing to do.
final class CleanUp {
  private static final Logger log = LoggerFactory.getLogger(CleanUp.class);

  /// How many positions may wait to be deleted before commits wait, too.
  static final int WAITING_MAX = 1_000_000;

  /// Positions in one request.
  private static final int DELETED_AT_ONCE = 10_000;

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofSeconds(1);
  private static final Duration SWEEP_INTERVAL = Duration.ofMinutes(1);

  private sealed interface Job {
    record Delete(Removal removal) implements Job {}

    record Scan(FutureTask<?> task) implements Job {}
  }

  private final Documents documents;
  private final PartitionLog records;
  private final Surroundings surroundings;

  /// What is real now; a new epoch brings its own.
  private volatile Supplier<Bounds> bounds;

  // Guarded by this
  private final Deque<Job> jobs = new ArrayDeque<>();
  private long waiting;
  private long last;
  private long trimmed = -1;
  private boolean running;
  private boolean closed;
  private boolean sweepWanted = true;

  /// Whether some payload does not fit into one document.
  private volatile boolean parts;

  // Of the one that works
  private long sweptAt;
  private boolean failing;

  /// @param last number of the last record of the log
  /// @param removals that may not have been carried out
  /// @param bounds what is real now
  CleanUp(
      Documents documents,
      Surroundings surroundings,
      long last,
      List<Removal> removals,
      Supplier<Bounds> bounds) {
    this.documents = documents;
    this.records = new PartitionLog(documents);
    this.surroundings = surroundings;
    this.last = last;
    this.bounds = bounds;
    removals.forEach(this::add);
  }

  private void add(Removal removal) {
    jobs.add(new Job.Delete(removal));
    waiting += removal.positions().length;
  }

  /// Begins to work; to be called when the partition is open.
  void begin() {
    synchronized (this) {
      startIfIdle();
    }
  }

  /// The log has grown by a record, of a turn with that removal.
  void follow(long number, Removal removal) {
    synchronized (this) {
      last = number;
      if (!removal.isEmpty()) {
        add(removal);
      }
      if (!jobs.isEmpty() || isTrimDue()) {
        startIfIdle();
      }
    }
  }

  /// Runs `task` when all that was removed until now has been deleted; nothing is deleted
  /// meanwhile.
  void scan(FutureTask<?> task) {
    synchronized (this) {
      if (!closed) {
        jobs.add(new Job.Scan(task));
        startIfIdle();
        return;
      }
    }
    task.cancel(false);
  }

  /// Looks for debris soon.
  void wantSweep() {
    synchronized (this) {
      sweepWanted = true;
      startIfIdle();
    }
  }

  /// A new epoch began with the log record `number`, by the same owner.
  void raised(long number, Supplier<Bounds> now) {
    bounds = now;
    synchronized (this) {
      last = number;
      sweepWanted = true;
      startIfIdle();
    }
  }

  /// What is removed and not deleted yet.
  List<Removal> removals() {
    synchronized (this) {
      List<Removal> removals = new ArrayList<>(jobs.size());
      for (Job job : jobs) {
        if (job instanceof Job.Delete(var removal)) {
          removals.add(removal);
        }
      }
      return removals;
    }
  }

  /// The removals of all turns up to this number have been deleted.
  long cleaned() {
    synchronized (this) {
      for (Job job : jobs) {
        if (job instanceof Job.Delete(var removal)) {
          return removal.turn() - 1;
        }
      }
      return last;
    }
  }

  /// Whether a turn may be written now. Where too much waits behind a count, that is given up.
  boolean hasRoom() {
    synchronized (this) {
      if (waiting <= WAITING_MAX) {
        return true;
      }
      if (jobs.peek() instanceof Job.Scan(var task)) {
        task.cancel(true);
      }
      return false;
    }
  }

  /// Leaves the rest to the next owner.
  void close() {
    synchronized (this) {
      closed = true;
      for (Job job : jobs) {
        if (job instanceof Job.Scan(var task)) {
          task.cancel(true);
        }
      }
    }
  }

  private boolean isTrimDue() {
    return Math.min(cleaned(), last - 1) - trimmed >= surroundings.trimEvery();
  }

  private void startIfIdle() {
    if (!running && !closed) {
      running = true;
      surroundings.background().execute(this::run);
    }
  }

  private void run() {
    while (true) {
      Job job;
      RuntimeException failure = null;
      synchronized (this) {
        job = jobs.peek();
        if (closed || (job == null && !isTrimDue() && !sweepWanted)) {
          running = false;
          return;
        }
      }
      surroundings.cleaning().acquireUninterruptibly();
      try {
        work(job);
        failing = false;
      } catch (MongoException | IllegalStateException e) {
        failure = e;
      } finally {
        surroundings.cleaning().release();
      }
      if (failure != null) {
        failed(failure);
      }
    }
  }

  private void work(@Nullable Job job) {
    switch (job) {
      case Job.Scan(var task) -> {
        task.run();
        // A count that was given up interrupted its thread.
        Thread.interrupted();
        done(1, 0);
      }
      case Job.Delete _ -> {
        delete();
        trim();
      }
      case null -> {
        sweep();
        trim();
      }
    }
  }

  /// It is tried again until it succeeds: what is removed must go. Told once.
  private void failed(RuntimeException e) {
    synchronized (this) {
      if (closed) {
        return;
      }
    }
    if (!failing) {
      log.atWarn().setCause(e).log("what was removed cannot be deleted yet");
    }
    failing = true;
    surroundings.pause().accept(PAUSE_AFTER_FAILURE);
  }

  private void done(int count, int positions) {
    synchronized (this) {
      for (int i = 0; i < count; i++) {
        jobs.remove();
      }
      waiting -= positions;
    }
  }

  private void delete() {
    List<Removal> next = next();
    List<Object> ids = new ArrayList<>();
    List<Bson> keys = new ArrayList<>();
    int positions = 0;
    for (Removal removal : next) {
      positions += removal.positions().length;
      for (long position : removal.positions()) {
        ids.add(position);
      }
      for (long lease : removal.leases()) {
        ids.add(Ids.lease(lease));
      }
      if (!removal.keys().isEmpty()) {
        keys.add(keysOf(removal));
      }
    }
    if (!ids.isEmpty()) {
      documents.delete(Filters.in("_id", ids));
    }
    if (!keys.isEmpty()) {
      documents.delete(Filters.or(keys));
    }
    if (positions > 0 && parts) {
      new Sweep(documents, bounds.get()).parts();
    }
    done(next.size(), positions);
  }

  /// How much of a payload goes into one document.
  int partBytes() {
    return surroundings.partBytes();
  }

  /// An item is about to be written whose payload does not fit into one document.
  void expectParts() {
    parts = true;
  }

  private List<Removal> next() {
    synchronized (this) {
      List<Removal> next = new ArrayList<>();
      int positions = 0;
      for (Job job : jobs) {
        if (!(job instanceof Job.Delete(var removal))
            || (!next.isEmpty() && positions + removal.positions().length > DELETED_AT_ONCE)) {
          break;
        }
        next.add(removal);
        positions += removal.positions().length;
      }
      return next;
    }
  }

  private static Bson keysOf(Removal removal) {
    List<BsonBinary> hashes =
        removal.keys().stream().map(hash -> new BsonBinary(hash.bytes())).toList();
    return Filters.and(
        Ids.byHash(hashes),
        Filters.eq("minute", KeyEntry.KEPT),
        Filters.lt("turn", removal.turn()));
  }

  private void sweep() {
    synchronized (this) {
      if (!sweepWanted) {
        return;
      }
    }
    Sweep sweep = new Sweep(documents, bounds.get());
    sweep.debris();
    if (sweep.parts()) {
      parts = true;
    }
    synchronized (this) {
      sweepWanted = false;
    }
    sweptAt = surroundings.nanoTime().getAsLong();
  }

  private void trim() {
    long from;
    long to;
    synchronized (this) {
      if (!isTrimDue()) {
        return;
      }
      from = trimmed + 1;
      to = Math.min(cleaned(), last - 1);
    }
    records.trim(from, to);
    synchronized (this) {
      trimmed = to;
      sweepWanted |= surroundings.nanoTime().getAsLong() - sweptAt > SWEEP_INTERVAL.toNanos();
    }
  }
}

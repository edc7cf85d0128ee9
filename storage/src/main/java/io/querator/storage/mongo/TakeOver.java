package io.querator.storage.mongo;

import io.querator.storage.Claim;
import io.querator.storage.Epoch;
import io.querator.storage.LowWater;
import io.querator.storage.PartitionKey;
import io.querator.storage.StorageException;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Begins epochs by inserting the log record of the next number. From then on whatever an older
/// owner sends, however late, finds that number taken, as the last document of its turn.
///
/// An insert that succeeds proves nothing by itself: the log may have grown and been trimmed since
/// its end was read, so that an old number was free. So the end is read again, and only if the new
/// record is the last the partition is ours.
///
/// A busy owner takes the next number sooner than anybody else can. So after some attempts a wall
/// goes up a few numbers ahead, and the next epoch begins behind it, once the number after the
/// owner's last turn is taken, too (ADR 0031).
final class TakeOver {
  private static final Logger log = LoggerFactory.getLogger(TakeOver.class);

  /// How often somebody else may be faster.
  private static final int ATTEMPTS = 200;

  /// How often before a wall goes up.
  private static final int ATTEMPTS_WITHOUT_WALL = 2;

  private static final int WALL_DISTANCE = 8;
  private static final int WALL_DISTANCE_MAX = 4_096;

  private static final Comparator<Claim> BY_DECISION =
      Comparator.comparingLong(Claim::generation).thenComparingLong(Claim::version);

  /// What an attempt to open came to.
  sealed interface Result {
    record Taken(Holding holding, boolean historyLost) implements Result {}

    record Stale() implements Result {}

    record Missing() implements Result {}
  }

  private final RandomGenerator random = new SecureRandom();
  private final Collections collections;
  private final Surroundings surroundings;
  private final Holdings holdings;

  TakeOver(Collections collections, Surroundings surroundings, Holdings holdings) {
    this.collections = collections;
    this.surroundings = surroundings;
    this.holdings = holdings;
  }

  /// @param seen the highest epoch known; the new one is above it
  /// @param again whether the claim may hold the partition already
  /// @param now the database's clock, for people
  /// @throws StorageException.Corrupt if the partition was written by a newer version
  Result open(PartitionKey key, Epoch seen, Claim claim, boolean again, long now) {
    Documents documents = collections.items(key);
    PartitionLog records = new PartitionLog(documents);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      PartitionLog.Head head = stoppedHead(records, attempt);
      if (head == null || head.open().dropped()) {
        return new Result.Missing();
      }
      checkFormat(key, head.open());
      if (!mayTake(head.open().claim(), claim, again)) {
        return new Result.Stale();
      }
      long base = again ? head.open().base() : base(records, head, seen);
      Optional<LogRecord.Open> opening = begin(records, head, base, seen, claim, now);
      if (opening.isPresent()) {
        boolean historyLost = head.state().epoch() < seen.value();
        return new Result.Taken(
            hold(key, claim, head, opening.get(), documents, records), historyLost);
      }
    }
    throw new StorageException.Unavailable(
        "partition " + key + " is written by somebody else all the time", null);
  }

  /// The end of the log, where nothing can follow any more if it is a wall.
  ///
  /// @param attempt how often it was tried to follow it
  private PartitionLog.@Nullable Head stoppedHead(PartitionLog records, int attempt) {
    PartitionLog.Head head = records.head();
    if (head != null
        && head.last() instanceof LogRecord.State
        && attempt >= ATTEMPTS_WITHOUT_WALL) {
      int further = Math.min(attempt - ATTEMPTS_WITHOUT_WALL, 9);
      long distance = Math.min((long) WALL_DISTANCE << further, WALL_DISTANCE_MAX);
      records.insert(wall(head, head.last().number() + distance));
      head = records.head();
    }
    if (head != null && head.last() instanceof LogRecord.Wall wall) {
      stop(records, wall.number());
      head = records.head();
    }
    return head;
  }

  /// Takes the number after the last turn before a wall. The owner cannot write more turns than fit
  /// before the wall, so this ends.
  private void stop(PartitionLog records, long wall) {
    LogRecord.State last = records.stateBelow(wall);
    for (int attempt = 0; last.number() + 1 < wall; attempt++) {
      long next = last.number() + 1;
      boolean taken =
          records.insert(new LogRecord.Wall(next, last.epoch(), random.nextLong()))
              || records.get(next) instanceof LogRecord.Wall;
      LogRecord.State now = records.stateBelow(wall);
      if (taken && now.number() == last.number()) {
        return;
      }
      if (attempt > 2 * WALL_DISTANCE_MAX) {
        throw new StorageException.Unavailable("the log does not end before its wall", null);
      }
      last = now;
    }
  }

  private LogRecord.Wall wall(PartitionLog.Head head, long number) {
    return new LogRecord.Wall(number, head.state().epoch(), random.nextLong());
  }

  private static void checkFormat(PartitionKey key, LogRecord.Open open) {
    if (open.format() > LogRecord.Open.FORMAT) {
      throw new StorageException.Corrupt(
          "partition %s has format %d, this version knows up to %d"
              .formatted(key, open.format(), LogRecord.Open.FORMAT),
          null);
    }
  }

  private static boolean mayTake(@Nullable Claim stored, Claim claim, boolean again) {
    if (stored == null || BY_DECISION.compare(stored, claim) < 0) {
      return true;
    }
    return again
        && BY_DECISION.compare(stored, claim) == 0
        && stored.incarnation().equals(claim.incarnation());
  }

  /// The epoch up to which everything is real. The first opening of an empty partition sets it:
  /// either the partition is new and about to be filled, or its history was lost as a whole, with
  /// everything that there could be in older epochs (ADR 0032). What lies there already is debris,
  /// and stays it.
  private static long base(PartitionLog records, PartitionLog.Head head, Epoch seen) {
    boolean first = head.state() instanceof LogRecord.Open open && open.claim() == null;
    return first && seen.value() > 0 && records.isEmpty() ? seen.value() : head.open().base();
  }

  private Optional<LogRecord.Open> begin(
      PartitionLog records, PartitionLog.Head head, long base, Epoch seen, Claim claim, long now) {
    LogRecord.State state = head.state();
    List<End> ends = new EndsInUse(records).of(head.ends(), base);
    Epoch epoch = new Epoch(Math.max(state.epoch(), seen.value()) + 1);
    LogRecord.Open opening =
        opening(
            head.last().number() + 1,
            epoch.value(),
            claim,
            base,
            ends,
            state.lowWater(),
            state.cleaned());
    return records.insert(opening, now) && isLast(records, opening)
        ? Optional.of(opening)
        : Optional.empty();
  }

  LogRecord.Open opening(
      long number,
      long epoch,
      Claim claim,
      long base,
      List<End> ends,
      LowWater lowWater,
      long cleaned) {
    return new LogRecord.Open(
        number,
        epoch,
        random.nextLong(),
        LogRecord.Open.formatOf(base),
        claim,
        base,
        ends,
        lowWater,
        cleaned,
        false);
  }

  static boolean isLast(PartitionLog records, LogRecord entry) {
    LogRecord last = records.last();
    return last != null && last.number() == entry.number() && last.token() == entry.token();
  }

  private Holding hold(
      PartitionKey key,
      Claim claim,
      PartitionLog.Head head,
      LogRecord.Open opening,
      Documents documents,
      PartitionLog records) {
    List<Removal> rest = records.removals(head.state().cleaned(), opening.number());
    Holding holding =
        new Holding(
            key,
            claim,
            opening,
            Base.of(opening),
            documents,
            self -> new CleanUp(documents, surroundings, opening.number(), rest, self::bounds));
    records.shrink(head.open().number());
    holdings.open(holding);
    return holding;
  }

  /// Makes the first record of a new partition; does nothing if it is there.
  void makeFirst(PartitionKey key, long now) {
    LogRecord.Open first =
        new LogRecord.Open(
            0, 0, 0, LogRecord.Open.formatOf(0), null, 0, List.of(), LowWater.NONE, 0, false);
    new PartitionLog(collections.items(key)).insert(first, now);
  }

  /// Takes a partition from its holder for good: whatever is sent later has no effect.
  ///
  /// @return whether there is such a partition
  boolean condemn(PartitionKey key, long now) {
    PartitionLog records = new PartitionLog(collections.items(key));
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      PartitionLog.Head head = stoppedHead(records, attempt);
      if (head == null) {
        return false;
      }
      LogRecord.State last = head.state();
      if (head.open().dropped()) {
        return true;
      }
      LogRecord.Open end =
          new LogRecord.Open(
              head.last().number() + 1,
              last.epoch() + 1,
              random.nextLong(),
              LogRecord.Open.formatOf(0),
              null,
              0,
              List.of(),
              last.lowWater(),
              last.cleaned(),
              true);
      if (records.insert(end, now) && isLast(records, end)) {
        log.atInfo().addKeyValue("partition", key).log("partition taken from its holder for good");
        return true;
      }
    }
    throw new StorageException.Unavailable(
        "partition " + key + " is written by somebody else all the time", null);
  }
}

package io.querator.storage.mongo;

import com.mongodb.MongoException;
import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.CommitResult.Refused;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.Epoch;
import io.querator.storage.StorageException;
import io.querator.storage.mongo.Surroundings.Patience;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.bson.BsonMaximumSizeExceededException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes one batch, and finds out what became of it where the answer was not plain success. Used
/// once, by one thread.
///
/// A turn is committed when its log record is there. An insert whose answer was lost may still be
/// on its way. So the owner begins a new epoch with the number that the turn wanted: if that is
/// there, the turn never will be. If the turn is there instead, the epoch begins after it. Whatever
/// was inserted before the log record is debris then, since a new epoch began.
final class Commit {
  private static final Logger log = LoggerFactory.getLogger(Commit.class);

  private final TakeOver takeOver;
  private final Holdings holdings;
  private final Patience patience;
  private final Batch batch;

  Commit(TakeOver takeOver, Holdings holdings, Patience patience, Batch batch) {
    this.takeOver = takeOver;
    this.holdings = holdings;
    this.patience = patience;
    this.batch = batch;
  }

  CommitResult write() {
    Holding holding = holdings.get(batch.partition().key());
    if (holding == null || !holding.isOf(batch.partition())) {
      return new Fenced(false);
    }
    TurnDocuments turn = prepare(holding);
    return turn == null ? new Unavailable(false) : send(holding, turn);
  }

  /// The documents to write, or null if the database stays away.
  private @Nullable TurnDocuments prepare(Holding holding) {
    while (patience.lasts() && !holding.isBroken()) {
      try {
        if (holding.cleanUp().hasRoom()) {
          return TurnDocuments.of(batch, holding);
        }
      } catch (MongoException e) {
        rethrowIfForAPerson(e);
        log.atDebug().setCause(e).log("what is to be moved cannot be read yet");
      }
      patience.pause();
    }
    return null;
  }

  private CommitResult send(Holding holding, TurnDocuments turn) {
    while (patience.lasts()) {
      try {
        holding.documents().insert(turn.documents());
        holding.committed(turn.turn());
        return new Committed(new Epoch(holding.epoch()), OptionalLong.empty());
      } catch (MongoException e) {
        if (!MongoErrors.isNeverSent(e) || !turn.isOneMessage()) {
          return failed(holding, turn, e);
        }
        rethrowIfForAPerson(e);
        log.atDebug().setCause(e).log("no connection yet");
        patience.pause();
      } catch (BsonMaximumSizeExceededException e) {
        return refused(holding, turn, Reason.TOO_LARGE, e);
      }
    }
    return new Unavailable(false);
  }

  private CommitResult failed(Holding holding, TurnDocuments turn, MongoException e) {
    Reason reason = MongoErrors.refusal(e);
    if (reason != null) {
      return refused(holding, turn, reason, e);
    }
    boolean taken = MongoErrors.isLastTaken(e, turn.documents().size());
    if (!taken) {
      log.atWarn()
          .addKeyValue("partition", holding.key())
          .addKeyValue("epoch", holding.epoch())
          .addKeyValue("cause", e.getMessage())
          .log("what became of a turn is not known yet");
    }
    return new Resolution(holding, turn.turn(), !taken).resolve();
  }

  /// What the server took before it refused the rest is debris once the epoch is raised.
  private CommitResult refused(
      Holding holding, TurnDocuments turn, Reason reason, RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    return switch (new Resolution(holding, turn.turn(), false).resolve()) {
      case NotCommitted(var epoch) -> new Refused(epoch, reason, message);
      case Committed other -> other;
      case Fenced other -> other;
      case Unavailable other -> other;
      case Refused other -> other;
    };
  }

  private static void rethrowIfForAPerson(MongoException e) {
    if (MongoErrors.isForAPerson(e)) {
      throw MongoErrors.exception("write a turn", e);
    }
  }

  /// Finds out what became of a turn by beginning a new epoch. For one thread.
  private final class Resolution {
    private final Holding holding;
    private final PartitionLog records;
    private final LogRecord.Turn turn;
    private final boolean doubtful;
    private final Set<Long> ownTokens = new HashSet<>();
    private long number;
    private long epoch;
    private boolean written;

    /// @param doubtful whether the turn may be there although somebody else's record is
    Resolution(Holding holding, LogRecord.Turn turn, boolean doubtful) {
      this.holding = holding;
      this.records = new PartitionLog(holding.documents());
      this.turn = turn;
      this.doubtful = doubtful;
      this.number = turn.number();
      this.epoch = holding.epoch() + 1;
    }

    CommitResult resolve() {
      while (patience.lasts()) {
        try {
          CommitResult result = attempt();
          if (result != null) {
            return result;
          }
        } catch (MongoException e) {
          giveUpIfForAPerson(e);
          log.atDebug().setCause(e).log("the epoch cannot be raised yet");
          patience.pause();
        } catch (StorageException e) {
          holding.breakOff();
          throw e;
        }
      }
      holding.breakOff();
      return new Unavailable(written || doubtful);
    }

    private void giveUpIfForAPerson(MongoException e) {
      if (MongoErrors.isForAPerson(e)) {
        holding.breakOff();
        rethrowIfForAPerson(e);
      }
    }

    /// Null: nothing is certain yet.
    private @Nullable CommitResult attempt() {
      LogRecord there = records.get(number);
      if (there == null) {
        return begin();
      }
      if (isTheTurn(there)) {
        written = true;
        number++;
        return null;
      }
      if (ownTokens.contains(there.token())) {
        // An earlier attempt, whose answer was lost: one that follows it proves that it stays.
        number++;
        epoch++;
        return null;
      }
      return fenced();
    }

    private boolean isTheTurn(LogRecord there) {
      return there instanceof LogRecord.Turn && there.token() == holding.opening().token();
    }

    private @Nullable CommitResult begin() {
      LogRecord.Open opening = opening();
      ownTokens.add(opening.token());
      if (!records.insert(opening, System.currentTimeMillis() * 1_000)) {
        patience.pause();
        return null;
      }
      return TakeOver.isLast(records, opening) ? raised(opening) : fenced();
    }

    private LogRecord.Open opening() {
      List<End> ends = holding.ends();
      if (written) {
        ends = new ArrayList<>(holding.bounds().ends());
        ends.removeLast();
        ends.add(new End(turn.epoch(), turn.end(), turn.number()));
      }
      return takeOver.opening(
          number,
          new Epoch(epoch).value(),
          holding.claim(),
          holding.opening().base(),
          new EndsInUse(records).of(ends, holding.opening().base()),
          written ? turn.lowWater() : holding.lowWater(),
          holding.cleanUp().cleaned());
    }

    private CommitResult raised(LogRecord.Open opening) {
      if (written) {
        holding.committed(turn);
      }
      Holding raised =
          new Holding(
              holding.key(),
              holding.claim(),
              opening,
              written ? holding.base() : holding.base().filled(),
              holding.documents(),
              _ -> holding.cleanUp());
      holdings.raise(holding, raised);
      Epoch now = new Epoch(opening.epoch());
      return written ? new Committed(now, OptionalLong.empty()) : new NotCommitted(now);
    }

    private CommitResult fenced() {
      holdings.lose(holding);
      return new Fenced(written || doubtful);
    }
  }
}

package io.querator.storage.sql;

import io.querator.storage.Batch;
import io.querator.storage.CommitResult;
import io.querator.storage.CommitResult.Committed;
import io.querator.storage.CommitResult.Fenced;
import io.querator.storage.CommitResult.NotCommitted;
import io.querator.storage.CommitResult.Reason;
import io.querator.storage.CommitResult.Refused;
import io.querator.storage.CommitResult.Unavailable;
import io.querator.storage.OpenResult;
import io.querator.storage.OpenResult.Opened;
import io.querator.storage.StorageException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Writes one batch, and finds out what became of it where the connection broke. Used once, by one
/// thread.
///
/// A statement whose answer was lost may still be running, or be on its way. So the epoch is raised
/// first, which waits for a running one and makes a late one harmless; then the rows that the batch
/// would have written tell whether it was, for certain.
final class Commit {
  private static final Logger log = LoggerFactory.getLogger(Commit.class);

  /// How often a statement is sent that the server ended for want of something that may be there
  /// the next moment.
  private static final int ATTEMPTS = 3;

  private final SqlDialect dialect;
  private final ConnectionPool pool;
  private final TakeOver takeOver;
  private final long deadlineNanos;

  /// @param pool of the partition
  Commit(SqlDialect dialect, ConnectionPool pool, TakeOver takeOver, Duration timeout) {
    this.dialect = dialect;
    this.pool = pool;
    this.takeOver = takeOver;
    this.deadlineNanos = System.nanoTime() + timeout.toNanos();
  }

  CommitResult write(Batch batch) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Connection connection = connection();
      if (connection == null) {
        return new Unavailable(false);
      }
      Optional<CommitResult> result;
      try {
        result = attempt(batch, connection);
      } finally {
        pool.giveBack(connection);
      }
      if (result.isPresent()) {
        return result.get();
      }
    }
    return new Unavailable(false);
  }

  /// Sends the batch once; empty if it was not executed and may be sent again.
  private Optional<CommitResult> attempt(Batch batch, Connection connection) {
    try {
      return Optional.of(write(batch, connection));
    } catch (SQLException e) {
      return failed(batch, connection, e);
    }
  }

  private Optional<CommitResult> failed(Batch batch, Connection connection, SQLException e) {
    return switch (dialect.errors().meaning(e)) {
      case DATA -> refused(batch, Reason.DATA, e);
      case TOO_LARGE -> refused(batch, Reason.TOO_LARGE, e);
      case NO_TABLE -> Optional.of(new Fenced(false));
      case SETUP -> throw dialect.errors().exception("cannot write a turn", e);
      case NOT_EXECUTED -> {
        log.atWarn().addKeyValue("cause", e.getMessage()).log("a turn was not executed");
        yield Optional.empty();
      }
      case WRONG_SERVER -> {
        log.atWarn().addKeyValue("cause", e.getMessage()).log("the database is read-only");
        pool.discard(connection);
        yield Optional.empty();
      }
      case UNKNOWN -> {
        pool.discard(connection);
        yield Optional.of(resolve(batch, e));
      }
    };
  }

  private Optional<CommitResult> refused(Batch batch, Reason reason, SQLException e) {
    String message = dialect.errors().text("the database refuses the data", e);
    return Optional.of(new Refused(batch.partition().epoch(), reason, message));
  }

  private CommitResult write(Batch batch, Connection connection) throws SQLException {
    TurnWriter.Outcome outcome = dialect.turns().write(connection, batch);
    return outcome.written()
        ? new Committed(batch.partition().epoch(), OptionalLong.of(outcome.found()))
        : new Fenced(false);
  }

  /// A connection, or null if there is none until the deadline.
  private @Nullable Connection connection() {
    while (mayGoOn()) {
      try {
        return pool.take();
      } catch (SQLException e) {
        log.atDebug().setCause(e).log("no connection yet");
      }
    }
    return null;
  }

  private boolean mayGoOn() {
    return System.nanoTime() < deadlineNanos && !Thread.currentThread().isInterrupted();
  }

  private CommitResult resolve(Batch batch, SQLException cause) {
    log.atWarn()
        .addKeyValue("partition", batch.partition().key())
        .addKeyValue("epoch", batch.partition().epoch())
        .addKeyValue("cause", cause.getMessage())
        .log("what became of a turn is not known yet");
    while (mayGoOn()) {
      try {
        return switch (takeOver.reopen(batch.partition())) {
          case Opened raised when raised.historyLost() -> new Fenced(true);
          case Opened raised -> resolve(batch, raised);
          case OpenResult.Stale _, OpenResult.Missing _ -> new Fenced(true);
        };
      } catch (StorageException.Unavailable e) {
        log.atDebug().setCause(e).log("the epoch cannot be raised yet");
      }
    }
    return new Unavailable(true);
  }

  /// Nothing of the batch can be written any more under its own epoch.
  private CommitResult resolve(Batch batch, Opened raised) {
    return isRepeatable(batch) ? repeat(batch, raised) : look(batch, raised);
  }

  /// Whether the turn makes no new row but marks, so that it may be written twice.
  private static boolean isRepeatable(Batch batch) {
    return batch.items().isEmpty()
        && batch.moves().isEmpty()
        && batch.leases().isEmpty()
        && batch.keys().isEmpty();
  }

  /// Removals may be done again; how many rows were there is not known then.
  private CommitResult repeat(Batch batch, Opened raised) {
    return switch (write(batch.under(raised))) {
      case Committed committed -> new Committed(committed.epoch(), OptionalLong.empty());
      case Unavailable _ -> new Unavailable(true);
      case Fenced _ -> new Fenced(true);
      case NotCommitted other -> other;
      case Refused other -> other;
    };
  }

  private CommitResult look(Batch batch, Opened raised) {
    while (mayGoOn()) {
      try {
        return pool.repeatable("look for a turn", c -> dialect.turns().isStored(c, batch))
            ? new Committed(raised.epoch(), OptionalLong.empty())
            : new NotCommitted(raised.epoch());
      } catch (StorageException.Unavailable e) {
        log.atDebug().setCause(e).log("the turn cannot be looked for yet");
      } catch (StorageException.Fenced e) {
        return new Fenced(true);
      }
    }
    return new Unavailable(true);
  }
}

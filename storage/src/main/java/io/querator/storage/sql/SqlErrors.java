package io.querator.storage.sql;

import io.querator.storage.StorageException;
import java.sql.SQLException;

/// What errors of a driver and its server mean.
public interface SqlErrors {
  /// What is known of the statement that failed.
  enum Meaning {
    /// The statement's data is at fault; it had no effect.
    DATA,
    /// The statement or its data is too large; it had no effect.
    TOO_LARGE,
    /// It had no effect, and may be sent again.
    NOT_EXECUTED,
    /// It had no effect, and this connection is of no use any more.
    WRONG_SERVER,
    /// The table does not exist; it had no effect.
    NO_TABLE,
    /// It had no effect, and never will have one as things are: a person must act.
    SETUP,
    /// It may have had, or may yet have, its effect.
    UNKNOWN
  }

  Meaning meaning(SQLException error);

  /// Whether a statement waited too long for a lock.
  boolean isLockTimeout(SQLException error);

  /// Whether the server is there but does not let us in, which will not change within moments.
  boolean isRefusedLogin(SQLException error);

  /// `what` failed with `error`, in words that name the server's code.
  String text(String what, SQLException error);

  /// The exception for a failure outside a turn.
  ///
  /// @param what as in "cannot …"
  default StorageException exception(String what, SQLException error) {
    return switch (meaning(error)) {
      case DATA, TOO_LARGE, SETUP -> new StorageException.Corrupt(text(what, error), error);
      case NO_TABLE -> new StorageException.Fenced(text(what, error));
      case NOT_EXECUTED, WRONG_SERVER, UNKNOWN ->
          new StorageException.Unavailable(text(what, error), error);
    };
  }
}

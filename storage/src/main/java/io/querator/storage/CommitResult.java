package io.querator.storage;

import static java.util.Objects.requireNonNull;

import java.util.OptionalLong;

/// What became of a [Batch]. Where it carries an epoch, that may have risen: number further
/// positions under it.
public sealed interface CommitResult {
  /// Everything is durable.
  ///
  /// @param removedFound how many of the batch's removed and moved rows were there; empty where the
  ///   store cannot tell
  record Committed(Epoch epoch, OptionalLong removedFound) implements CommitResult {
    public Committed {
      requireNonNull(epoch, "epoch");
      requireNonNull(removedFound, "removedFound");
    }
  }

  /// Nothing was written and, for certain, nothing will be. The same changes may be sent again
  /// under new positions of `epoch`.
  record NotCommitted(Epoch epoch) implements CommitResult {
    public NotCommitted {
      requireNonNull(epoch, "epoch");
    }
  }

  /// The database refuses the data itself: sending it again is of no use. Nothing was written.
  record Refused(Epoch epoch, Reason reason, String message) implements CommitResult {
    public Refused {
      requireNonNull(epoch, "epoch");
      requireNonNull(reason, "reason");
      requireNonNull(message, "message");
    }
  }

  /// A newer epoch owns the partition: the caller must stop.
  ///
  /// @param mayHaveCommitted whether the batch may have been written before that
  record Fenced(boolean mayHaveCommitted) implements CommitResult {}

  /// The database stayed away until the deadline. The caller must reopen before it writes again.
  ///
  /// @param mayHaveCommitted whether the batch may have been, or may still be, written
  record Unavailable(boolean mayHaveCommitted) implements CommitResult {}

  /// Why data was refused.
  enum Reason {
    DATA,
    TOO_LARGE
  }
}

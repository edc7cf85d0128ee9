package io.querator.queue;

import static java.util.Objects.requireNonNull;

/// What became of a command: the truth, or that it is not known.
public sealed interface Outcome<R> {
  /// It was executed and what it changed is durable.
  record Done<R>(R value) implements Outcome<R> {
    public Done {
      requireNonNull(value, "value");
    }
  }

  /// It was not executed and will not be: it may be repeated.
  record NotExecuted<R>(Reason reason) implements Outcome<R> {
    public NotExecuted {
      requireNonNull(reason, "reason");
    }
  }

  /// It may or may not have been executed.
  ///
  /// @param late whether its deadline has passed while it was being written; else the database
  ///   stayed away when asked
  record Unknown<R>(boolean late) implements Outcome<R> {
    Unknown() {
      this(false);
    }
  }

  /// The database refuses what the command wants to store; nothing was changed.
  record Refused<R>(String message) implements Outcome<R> {
    public Refused {
      requireNonNull(message, "message");
    }
  }

  /// Why a command was not executed.
  enum Reason {
    /// Too much is waiting.
    OVERLOADED,
    /// Its deadline came first.
    TIMEOUT,
    /// The partition cannot reach its storage.
    FAILING,
    /// The partition is owned by somebody else now.
    MOVED,
    /// The queue, or this partition of it, was deleted.
    DELETED,
    /// The node stops.
    SHUTDOWN,
    /// The node stops, and other nodes have what was here.
    LEFT
  }
}

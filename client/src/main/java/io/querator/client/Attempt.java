package io.querator.client;

import static java.util.Objects.requireNonNull;

import io.querator.client.QueratorException.Answer;
import org.jspecify.annotations.Nullable;

/// What became of sending a request once.
sealed interface Attempt<A> {
  /// The answer of success.
  record Success<A>(A answer) implements Attempt<A> {
    public Success {
      requireNonNull(answer, "answer");
    }
  }

  /// Anything else.
  record Failure<A>(Kind kind, Answer answer, Outcome outcome, @Nullable Throwable cause)
      implements Attempt<A> {
    public Failure {
      requireNonNull(kind, "kind");
      requireNonNull(answer, "answer");
      requireNonNull(outcome, "outcome");
    }
  }

  /// Whether another attempt can be of use.
  enum Kind {
    /// No: the node has refused the request, or its time is over.
    FINAL,
    /// Yes, after a wait.
    BUSY,
    /// Yes, at another node even at once.
    UNREACHABLE
  }
}

package io.querator.client;

import static java.util.Objects.requireNonNull;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A call has failed: the node refused it, or no answer came in time.
///
/// The message is the node's own text where it gave one. Repeating has been tried already wherever
/// it is safe.
public final class QueratorException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// The [#code()] of a call that nobody answered.
  public static final int NO_ANSWER = 0;

  private final int code;
  private final Map<String, String> details;
  private final Outcome outcome;

  QueratorException(Answer answer, Outcome outcome, @Nullable Throwable cause) {
    super(answer.message(), cause);
    this.code = answer.code();
    this.details = answer.details();
    this.outcome = requireNonNull(outcome, "outcome");
  }

  /// The code of the last answer, see [ReplyCode]; another HTTP status where something between has
  /// answered; [#NO_ANSWER] where nothing has.
  public int code() {
    return code;
  }

  /// The details of the last answer, such as `ids`; most often empty.
  public Map<String, String> details() {
    return details;
  }

  /// Whether the call may have been executed nevertheless.
  ///
  /// It is [Outcome#UNKNOWN] as soon as one of several attempts may have been, even if the last was
  /// refused: a complete whose answer was lost is refused when repeated, because its items are
  /// gone.
  public Outcome outcome() {
    return outcome;
  }

  /// What was said about a call that failed.
  record Answer(int code, String message, Map<String, String> details) {
    Answer {
      requireNonNull(message, "message");
      details = Map.copyOf(details);
    }

    static Answer none(String message) {
      return new Answer(NO_ANSWER, message, Map.of());
    }
  }
}

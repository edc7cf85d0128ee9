package io.querator.cluster.link;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// Another node did not answer.
public final class PeerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  public PeerException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = requireNonNull(kind, "kind");
  }

  public Kind kind() {
    return kind;
  }

  /// What is known of the message.
  public enum Kind {
    /// Not executed: nobody listens there.
    REFUSED,
    /// Not executed: it could not be sent, or the node said so.
    NOT_EXECUTED,
    /// It may have been executed, or still be.
    UNKNOWN
  }
}

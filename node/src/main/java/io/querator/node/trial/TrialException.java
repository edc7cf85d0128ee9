package io.querator.node.trial;

import org.jspecify.annotations.Nullable;

/// It cannot be done; the message says why, for people.
public final class TrialException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TrialException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

package io.querator.node;

import org.jspecify.annotations.Nullable;

/// A node cannot start. The message is for whoever started it: what is wrong, in a sentence.
public final class StartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StartException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

package io.querator.node.bench;

import org.jspecify.annotations.Nullable;

/// A bench cannot go on. The message is for whoever started it.
final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}

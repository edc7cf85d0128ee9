package io.querator.benchmarks.sides;

/// A round could not be finished.
public final class LoadException extends RuntimeException {
  private static final long serialVersionUID = 1;

  LoadException(String message, Throwable cause) {
    super(message, cause);
  }

  LoadException(String message) {
    super(message);
  }
}

package io.querator.benchmarks.sides;

/// A side cannot be measured on this machine; the message says what is missing.
public final class UnavailableException extends Exception {
  private static final long serialVersionUID = 1;

  public UnavailableException(String message) {
    super(message);
  }

  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}

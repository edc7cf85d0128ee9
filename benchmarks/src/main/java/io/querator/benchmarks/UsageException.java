package io.querator.benchmarks;

/// The command line is not understood; the message says why.
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  UsageException(String message) {
    super(message);
  }
}

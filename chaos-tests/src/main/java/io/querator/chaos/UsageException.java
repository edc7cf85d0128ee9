package io.querator.chaos;

/// The command cannot be understood; the message is for whoever has typed it.
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public UsageException(String message) {
    super(message);
  }
}

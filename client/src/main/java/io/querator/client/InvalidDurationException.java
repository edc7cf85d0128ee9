package io.querator.client;

/// A text is not a Go duration string. The message is Go's, such as `time: invalid duration "foo"`.
public final class InvalidDurationException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  InvalidDurationException(String message) {
    super(message);
  }
}

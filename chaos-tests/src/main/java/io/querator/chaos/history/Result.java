package io.querator.chaos.history;

/// What its caller knows of a call when it has ended.
public enum Result {
  /// It was answered with success.
  OK,
  /// It was refused, and is certain not to have been executed.
  FAILED,
  /// It may have been executed, or may still be.
  UNKNOWN
}

package io.querator.node.relocation;

/// A copy of a partition cannot go on. What was copied is of no use: another copy begins anew.
public final class CopyException extends RuntimeException {
  private static final long serialVersionUID = 1;

  CopyException(String message) {
    super(message);
  }
}

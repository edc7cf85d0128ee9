package io.querator.node.relocation;

import io.querator.storage.PositionRange;

/// How far the copy of the ready, or of the not-ready rows has come. Owned by the copying thread.
final class Part {
  private final PositionRange all;
  private long next;

  /// @param from the first position that a live row may have
  Part(PositionRange all, long from) {
    this.all = all;
    this.next = from;
  }

  /// What is yet to be copied.
  PositionRange rest() {
    return new PositionRange(next, all.to());
  }

  /// Everything up to `position` has been read.
  void passed(long position) {
    next = position + 1;
  }

  /// Whether `position` is of this part and has been read, or is below what is read.
  boolean hasPassed(long position) {
    return all.contains(position) && position < next;
  }
}

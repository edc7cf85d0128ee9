package io.querator.storage.mongo;

import io.querator.storage.Position;

/// What a partition was filled with from another one: everything in the epochs up to `epoch` is
/// real, since nobody was there before who could have left debris.
///
/// @param epoch 0 if the partition was never filled
/// @param filling whether that still goes on
record Base(long epoch, boolean filling) {
  /// Of a partition as an opening finds it: only the first one can fill it, and its epoch is the
  /// next after those that are filled.
  static Base of(LogRecord.Open opening) {
    return new Base(opening.base(), opening.base() > 0 && opening.epoch() == opening.base() + 1);
  }

  boolean contains(long position) {
    return epoch > 0 && Position.epoch(position).value() <= epoch;
  }

  /// The same when nothing is added any more.
  Base filled() {
    return filling ? new Base(epoch, false) : this;
  }
}

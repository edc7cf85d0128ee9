package io.querator.queue;

import io.querator.storage.Epoch;
import io.querator.storage.Position;

/// Gives positions and lease ids, each once. Owned by the partition loop; outlives its memory,
/// since a position must not be given again after a turn that was not written.
final class Numbers {
  private Epoch epoch;
  private long count;

  Numbers(Epoch epoch) {
    this.epoch = epoch;
  }

  /// Goes on under an epoch that the store has raised.
  void raise(Epoch raised) {
    if (!raised.equals(epoch)) {
      epoch = raised;
      count = 0;
    }
  }

  long ready() {
    return Position.ready(epoch, ++count);
  }

  long notReady() {
    return Position.notReady(epoch, ++count);
  }

  long lease() {
    return ready();
  }

  /// The highest ready position that may have been given.
  long last() {
    return Position.ready(epoch, count);
  }

  boolean runOut() {
    return count >= Position.COUNT_MAX;
  }
}

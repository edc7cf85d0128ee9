package io.querator.queue;

import io.querator.storage.KeyHash;
import java.util.List;

/// The way to the partition that takes a queue's dead items, on this node or another.
public interface DeadLetters {
  /// Delivers `items` to `deadQueue`, each once however often it is sent. Blocks; called from a
  /// thread of its own.
  Delivery deliver(String deadQueue, List<DeadItem> items);

  /// Says that the source of these items is gone, so that their keys may be forgotten. Best effort:
  /// a key that stays costs a row.
  void forget(String deadQueue, List<KeyHash> keys);

  /// What became of a delivery.
  enum Delivery {
    /// The items are durable in the dead queue.
    TAKEN,
    /// There is no such queue now.
    NO_SUCH_QUEUE,
    /// Not known, or not possible now: to be repeated.
    FAILED
  }
}

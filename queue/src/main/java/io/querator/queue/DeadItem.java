package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.ItemContent;
import io.querator.storage.KeyHash;

/// An item on its way to a dead queue.
///
/// @param sourceId the id under which its consumers knew it
public record DeadItem(String sourceId, ItemContent content) {
  private static final char KEY_KIND = 'd';

  public DeadItem {
    requireNonNull(sourceId, "sourceId");
    requireNonNull(content, "content");
  }

  /// The key by which the dead queue knows that it has taken the item with this id.
  static KeyHash key(String sourceId) {
    return KeyHash.of(KEY_KIND, sourceId);
  }

  KeyHash key() {
    return key(sourceId);
  }
}

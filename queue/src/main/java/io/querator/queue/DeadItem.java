package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.ItemContent;
import io.querator.storage.KeyHash;

/// An item on its way to a dead queue.
///
/// @param sourceId the id under which its consumers knew it
public record DeadItem(String sourceId, ItemContent content) {
  private static final char KEY_KIND = 'd';
  private static final char LATE_KIND = 'l';

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

  /// The key by which the dead queue still knows it when [#key()] is forgotten: a message of an
  /// earlier owner of the source may arrive later.
  KeyHash lateKey() {
    return KeyHash.of(LATE_KIND, sourceId);
  }
}

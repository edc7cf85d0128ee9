package io.querator.storage;

import static java.util.Objects.requireNonNull;

/// A row: an item at its position.
public record StoredItem(ItemHead head, ItemContent content) {
  public StoredItem {
    requireNonNull(head, "head");
    requireNonNull(content, "content");
  }

  public long position() {
    return head.position();
  }
}

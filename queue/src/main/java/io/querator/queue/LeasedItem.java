package io.querator.queue;

import static java.util.Objects.requireNonNull;

import io.querator.storage.ItemContent;

/// An item as a consumer gets it.
///
/// @param attempts how often it has been leased, this time counted
/// @param deadline of the lease, in microseconds since 1970
public record LeasedItem(ItemId id, int attempts, long deadline, ItemContent content) {
  public LeasedItem {
    requireNonNull(id, "id");
    requireNonNull(content, "content");
  }
}

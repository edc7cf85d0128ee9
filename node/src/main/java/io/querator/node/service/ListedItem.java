package io.querator.node.service;

import static java.util.Objects.requireNonNull;

import io.querator.queue.Command.LeaseState;
import io.querator.queue.ItemId;
import io.querator.storage.StoredItem;
import org.jspecify.annotations.Nullable;

/// An item as it is listed.
///
/// @param lease it is under, or null
public record ListedItem(ItemId id, StoredItem item, @Nullable LeaseState lease) {
  public ListedItem {
    requireNonNull(id, "id");
    requireNonNull(item, "item");
  }
}

package io.querator.queue;

import io.querator.storage.ItemHead;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The dead items of a partition that wait to be delivered to the dead queue. Owned by the
/// partition loop.
///
/// Each is a stored row that is due never; a bounded number of them is known here, the rest is read
/// when these are gone.
final class DeadPipeline {
  private final int itemsMax;
  private final ArrayDeque<Long> order = new ArrayDeque<>();
  private final Map<Long, ItemHead> heads = new HashMap<>();
  private boolean complete = true;

  /// Whether items were added that are not known here since the load under way began: it may not
  /// have seen them.
  private boolean missed;

  DeadPipeline(int itemsMax) {
    this.itemsMax = itemsMax;
  }

  void add(ItemHead head) {
    if (!complete || heads.size() >= itemsMax) {
      complete = false;
      missed = true;
      return;
    }
    order.add(head.position());
    heads.put(head.position(), head);
  }

  /// Begins to read stored rows.
  void beginLoad() {
    missed = false;
  }

  /// Takes in stored rows.
  ///
  /// @param last whether there were no further ones when the load began
  void load(List<ItemHead> rows, boolean last) {
    for (ItemHead head : rows) {
      if (heads.putIfAbsent(head.position(), head) == null) {
        order.add(head.position());
      }
    }
    complete = last && !missed;
  }

  @Nullable ItemHead remove(long position) {
    return heads.remove(position);
  }

  @Nullable ItemHead get(long position) {
    return heads.get(position);
  }

  /// The next up to `max` items; they stay until they are removed.
  List<ItemHead> next(int max) {
    List<ItemHead> next = new ArrayList<>();
    while (!order.isEmpty() && !heads.containsKey(order.peekFirst())) {
      order.removeFirst();
    }
    for (long position : order) {
      ItemHead head = heads.get(position);
      if (head != null) {
        next.add(head);
      }
      if (next.size() >= max) {
        break;
      }
    }
    return next;
  }

  boolean isEmpty() {
    return heads.isEmpty();
  }

  int size() {
    return heads.size();
  }

  /// Whether every waiting item is known here.
  boolean isComplete() {
    return complete;
  }

  void clear() {
    order.clear();
    heads.clear();
    complete = true;
  }
}

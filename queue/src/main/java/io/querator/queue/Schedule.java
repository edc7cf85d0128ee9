package io.querator.queue;

import io.querator.storage.Due;
import io.querator.storage.ItemHead;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The scheduled items that are due first. Owned by the partition loop.
///
/// Holds every scheduled item up to its horizon; what lies beyond is read when the near ones are
/// gone.
final class Schedule {
  /// After every scheduled item.
  static final Due END = new Due(ItemHead.NEVER - 1, Long.MAX_VALUE);

  private final int itemsMax;
  private final TreeMap<Due, ItemHead> byDue = new TreeMap<>();
  private final Map<Long, Due> byPosition = new HashMap<>();

  /// Every stored item at or before this is here.
  private Due horizon = END;

  private boolean complete = true;

  /// The first of the items that were added beyond the horizon, or given up, since the load under
  /// way began: it may not have seen them.
  private @Nullable Due missed;

  Schedule(int itemsMax) {
    this.itemsMax = itemsMax;
  }

  /// Begins to read the rows that follow the horizon.
  ///
  /// @return the horizon
  Due beginLoad() {
    missed = null;
    return horizon;
  }

  /// Takes in rows that follow the horizon.
  ///
  /// @param to up to where every row is here now that was stored when the load began; [#END]: there
  ///   were no further ones
  void load(List<ItemHead> rows, Due to) {
    Due limit = missed;
    if (limit == null || limit.compareTo(to) > 0) {
      complete = to.equals(END);
      horizon = to;
      rows.forEach(this::put);
      return;
    }
    for (ItemHead row : rows) {
      if (due(row).compareTo(limit) < 0) {
        put(row);
        horizon = due(row);
      }
    }
  }

  /// Adds a new item, if it is due within the horizon.
  void add(ItemHead head) {
    Due due = due(head);
    if (!complete && due.compareTo(horizon) > 0) {
      missed(due);
      return;
    }
    put(head);
    if (byDue.size() > itemsMax) {
      ItemHead last = byDue.pollLastEntry().getValue();
      byPosition.remove(last.position());
      missed(due(last));
      horizon = byDue.lastKey();
      complete = false;
    }
  }

  private void missed(Due due) {
    Due before = missed;
    missed = before == null || due.compareTo(before) < 0 ? due : before;
  }

  /// Takes the item at `position` out, or gives null if it is not here.
  @Nullable ItemHead remove(long position) {
    Due due = byPosition.remove(position);
    return due == null ? null : byDue.remove(due);
  }

  @Nullable ItemHead get(long position) {
    Due due = byPosition.get(position);
    return due == null ? null : byDue.get(due);
  }

  /// Takes out up to `max` items that are due by `now`.
  List<ItemHead> takeDue(long now, int max) {
    List<ItemHead> taken = new ArrayList<>();
    while (taken.size() < max && firstDue() <= now) {
      ItemHead head = byDue.pollFirstEntry().getValue();
      byPosition.remove(head.position());
      taken.add(head);
    }
    return taken;
  }

  /// When the first item is due, or [Long#MAX_VALUE].
  long firstDue() {
    return byDue.isEmpty() ? Long.MAX_VALUE : byDue.firstKey().dueAt();
  }

  int size() {
    return byDue.size();
  }

  /// Whether every scheduled item is here.
  boolean isComplete() {
    return complete;
  }

  void clear() {
    byDue.clear();
    byPosition.clear();
    missed = null;
    load(List.of(), END);
  }

  private void put(ItemHead head) {
    Due due = due(head);
    byDue.put(due, head);
    byPosition.put(head.position(), due);
  }

  static Due due(ItemHead head) {
    return new Due(head.dueAt(), head.position());
  }
}

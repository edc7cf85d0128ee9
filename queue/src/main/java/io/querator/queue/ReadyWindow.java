package io.querator.queue;

import io.querator.storage.StoredItem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The ready items at the head of a partition, in the order of their positions, with content. Owned
/// by the partition loop.
///
/// A circular array with gaps where an item was taken out of the middle, so that adding, taking and
/// looking up cost next to nothing.
final class ReadyWindow {
  private static final int CAPACITY_MIN = 16;

  private long[] positions = new long[CAPACITY_MIN];
  private @Nullable StoredItem[] items = new StoredItem[CAPACITY_MIN];
  private int first;
  private int slots;
  private int size;
  private long bytes;

  /// No item here expires before, in microseconds since 1970.
  private long expiresNotBefore = Long.MAX_VALUE;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  long bytes() {
    return bytes;
  }

  long expiresNotBefore() {
    return expiresNotBefore;
  }

  /// Adds `item`, whose position is above all others.
  void add(StoredItem item) {
    if (slots == positions.length) {
      grow();
    }
    int slot = slot(slots);
    positions[slot] = item.position();
    items[slot] = item;
    slots++;
    size++;
    bytes += item.content().sizeBytes();
    expiresNotBefore = Math.min(expiresNotBefore, item.head().expireAt());
  }

  /// The item with the lowest position, or null.
  @Nullable StoredItem peek() {
    while (slots > 0) {
      StoredItem item = items[first];
      if (item != null) {
        return item;
      }
      dropFirst();
    }
    return null;
  }

  /// Takes the item with the lowest position out.
  @Nullable StoredItem poll() {
    StoredItem item = peek();
    if (item != null) {
      forget(item);
      dropFirst();
    }
    return item;
  }

  /// Takes the item at `position` out.
  ///
  /// @return null if there is none
  @Nullable StoredItem remove(long position) {
    int index = find(position);
    StoredItem item = index < 0 ? null : items[slot(index)];
    if (item != null) {
      forget(item);
      items[slot(index)] = null;
    }
    return item;
  }

  @Nullable StoredItem get(long position) {
    int index = find(position);
    return index < 0 ? null : items[slot(index)];
  }

  /// Takes out up to `max` items that have expired by `now`.
  List<StoredItem> takeExpired(long now, int max) {
    if (now < expiresNotBefore) {
      return List.of();
    }
    List<StoredItem> expired = new ArrayList<>();
    long earliest = Long.MAX_VALUE;
    for (int i = 0; i < slots; i++) {
      StoredItem item = items[slot(i)];
      if (item == null) {
        continue;
      }
      if (item.head().expireAt() <= now && expired.size() < max) {
        expired.add(item);
        forget(item);
        items[slot(i)] = null;
      } else {
        earliest = Math.min(earliest, item.head().expireAt());
      }
    }
    expiresNotBefore = earliest;
    return expired;
  }

  void forEach(Consumer<StoredItem> action) {
    for (int i = 0; i < slots; i++) {
      StoredItem item = items[slot(i)];
      if (item != null) {
        action.accept(item);
      }
    }
  }

  void clear() {
    Arrays.fill(items, null);
    first = 0;
    slots = 0;
    size = 0;
    bytes = 0;
    expiresNotBefore = Long.MAX_VALUE;
  }

  private void forget(StoredItem item) {
    size--;
    bytes -= item.content().sizeBytes();
  }

  private void dropFirst() {
    items[first] = null;
    first = slot(1);
    slots--;
  }

  private int slot(int index) {
    return (first + index) & (positions.length - 1);
  }

  private int find(long position) {
    int low = 0;
    int high = slots - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      long at = positions[slot(middle)];
      if (at < position) {
        low = middle + 1;
      } else if (at > position) {
        high = middle - 1;
      } else {
        return middle;
      }
    }
    return -1;
  }

  private void grow() {
    int capacity = positions.length * 2;
    long[] grownPositions = new long[capacity];
    @Nullable StoredItem[] grownItems = new StoredItem[capacity];
    for (int i = 0; i < slots; i++) {
      grownPositions[i] = positions[slot(i)];
      grownItems[i] = items[slot(i)];
    }
    positions = grownPositions;
    items = grownItems;
    first = 0;
  }
}

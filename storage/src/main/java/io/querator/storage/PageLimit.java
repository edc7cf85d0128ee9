package io.querator.storage;

/// How much a read may return: at most `items` items, and no further one once `bytes` bytes of
/// content are reached.
public record PageLimit(int items, long bytes) {
  public PageLimit {
    if (items < 1 || bytes < 1) {
      throw new IllegalArgumentException("a page of " + items + " items, " + bytes + " bytes");
    }
  }
}

package io.querator.queue;

import java.util.concurrent.atomic.AtomicLong;

/// How many bytes of content all partitions of a node may hold in their ready windows. Shared by
/// all partition loops.
public final class MemoryBudget {
  private final long maxBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  public MemoryBudget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /// Whether `bytes` more are free; takes them if so.
  boolean take(long bytes) {
    if (usedBytes.addAndGet(bytes) <= maxBytes) {
      return true;
    }
    usedBytes.addAndGet(-bytes);
    return false;
  }

  /// Takes `bytes` beyond the limit if it must be: every partition may hold one item.
  void force(long bytes) {
    usedBytes.addAndGet(bytes);
  }

  void release(long bytes) {
    usedBytes.addAndGet(-bytes);
  }

  long freeBytes() {
    return Math.max(0, maxBytes - usedBytes.get());
  }

  public long usedBytes() {
    return usedBytes.get();
  }
}

package io.querator.queue;

import java.util.concurrent.atomic.AtomicInteger;

/// How many items may be under a lease on one node, over all partitions. Shared by all partition
/// loops.
public final class LeaseBudget {
  private final int max;
  private final AtomicInteger used = new AtomicInteger();

  public LeaseBudget(int max) {
    this.max = max;
  }

  /// Takes up to `wanted` places.
  int take(int wanted) {
    while (true) {
      int now = used.get();
      int taken = Math.clamp((long) max - now, 0, wanted);
      if (used.compareAndSet(now, now + taken)) {
        return taken;
      }
    }
  }

  /// Takes places for leases that exist already, beyond the limit if it must be.
  void force(int count) {
    used.addAndGet(count);
  }

  void release(int count) {
    used.addAndGet(-count);
  }

  public int used() {
    return used.get();
  }
}

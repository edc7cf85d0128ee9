package io.querator.node.service;

import io.querator.storage.PartitionKey;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// How long what is ready here is left to the calls of this node before another node is told of it:
/// they come back within milliseconds, and a lease from another node costs several messages.
///
/// An item that nobody takes is held back for [#HOLD_NANOS] from when it was first seen; items that
/// are taken one after the other until the first of them has waited for [#AGE_MAX_MICROS]. Owned by
/// one thread.
final class HoldBack {
  static final long HOLD_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  static final long AGE_MAX_MICROS = TimeUnit.MILLISECONDS.toMicros(20);

  /// The first ready item of each partition, as it was last seen.
  private final Map<PartitionKey, Head> heads = new HashMap<>();

  /// @param sinceNanos when it was seen first
  private record Head(long placedAt, long sinceNanos) {}

  /// One moment on two clocks.
  ///
  /// @param micros since 1970
  /// @param nanos of [System#nanoTime]
  record Now(long micros, long nanos) {}

  /// @param placedAt when the first ready item took its place, in microseconds since 1970;
  ///   [Long#MAX_VALUE] where that is not known
  /// @return nanoseconds until another node is to be told; 0: now
  long remaining(PartitionKey partition, long placedAt, Now now) {
    Head head = heads.get(partition);
    if (head == null || head.placedAt() != placedAt) {
      head = new Head(placedAt, now.nanos());
      heads.put(partition, head);
    }
    long unseen = HOLD_NANOS - (now.nanos() - head.sinceNanos());
    long young =
        placedAt == Long.MAX_VALUE
            ? HOLD_NANOS
            : TimeUnit.MICROSECONDS.toNanos(AGE_MAX_MICROS - (now.micros() - placedAt));
    return Math.max(0, Math.min(unseen, young));
  }
}

package io.querator.node.metric;

import io.querator.queue.PartitionStats;

/// One number for each [Count]. Owned by whoever made it.
final class Counts {
  private static final Count[] KINDS = Count.values();

  private final long[] values = new long[KINDS.length];

  static Counts of(PartitionStats stats) {
    Counts counts = new Counts();
    for (Count kind : KINDS) {
      counts.values[kind.ordinal()] = kind.of(stats);
    }
    return counts;
  }

  long get(Count kind) {
    return values[kind.ordinal()];
  }

  /// What was counted since `earlier`. A number that is lower began again.
  Counts since(Counts earlier) {
    Counts difference = new Counts();
    for (int i = 0; i < values.length; i++) {
      boolean again = values[i] < earlier.values[i];
      difference.values[i] = again ? values[i] : values[i] - earlier.values[i];
    }
    return difference;
  }

  void add(Counts other) {
    for (int i = 0; i < values.length; i++) {
      values[i] += other.values[i];
    }
  }
}

package io.querator.chaos.workload;

import io.querator.chaos.history.Entry;
import java.util.ArrayList;
import java.util.List;

/// The queues of a run.
final class Queues {
  private static final int LEASE_MILLIS = 3_000;
  private static final int BURST_LEASE_MILLIS = 600_000;

  /// Where items go that `many` has given up.
  static final Entry.Queue DEAD = new Entry.Queue("dead", 2, LEASE_MILLIS, "", 0);

  /// A FIFO queue.
  static final Entry.Queue ONE = new Entry.Queue("one", 1, LEASE_MILLIS, "", 0);

  static final Entry.Queue MANY = new Entry.Queue("many", 8, LEASE_MILLIS, DEAD.name(), 4);

  private Queues() {}

  /// Queues whose items are leased and completed; a dead queue comes before those that name it.
  static List<Entry.Queue> worked() {
    return List.of(DEAD, ONE, MANY);
  }

  /// Queues of one partition that are only written to.
  static List<Entry.Queue> probes(int count) {
    List<Entry.Queue> probes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      probes.add(new Entry.Queue(Entry.PROBE + i, 1, LEASE_MILLIS, "", 0));
    }
    return probes;
  }

  static Entry.Queue burst(int number) {
    return new Entry.Queue(Entry.BURST + number, 1, BURST_LEASE_MILLIS, "", 0);
  }
}

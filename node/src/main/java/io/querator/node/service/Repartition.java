package io.querator.node.service;

import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionRecord.State;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// What becomes of a queue's partitions when their number changes.
///
/// The active ones are always those with the lowest indexes, without a gap: a shrinking queue
/// drains the highest, a growing one takes draining ones back before it needs new ones.
final class Repartition {
  private Repartition() {}

  /// The partitions there are, active where they belong to the first `count`.
  static List<PartitionRecord> keep(List<PartitionRecord> partitions, int count) {
    return partitions.stream().map(p -> in(p, p.index() < count)).toList();
  }

  private static PartitionRecord in(PartitionRecord p, boolean active) {
    State state = active ? State.ACTIVE : State.DRAINING;
    return p.in(state);
  }

  /// The indexes below `count` that no partition has.
  static List<Integer> missing(List<PartitionRecord> partitions, int count) {
    Set<Integer> there =
        partitions.stream().map(PartitionRecord::index).collect(Collectors.toSet());
    return IntStream.range(0, count).boxed().filter(i -> !there.contains(i)).toList();
  }

  static List<PartitionRecord> inOrder(List<PartitionRecord> some, List<PartitionRecord> others) {
    List<PartitionRecord> all = new ArrayList<>(some);
    all.addAll(others);
    all.sort(Comparator.comparingInt(PartitionRecord::index));
    return all;
  }

  static int active(List<PartitionRecord> partitions) {
    return (int) partitions.stream().filter(p -> p.state() == State.ACTIVE).count();
  }
}

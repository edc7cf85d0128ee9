package io.querator.chaos.report;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.Result;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How long partitions did not serve after faults, as seen by the probes: the longest time between
/// two acknowledgements, of each partition for each fault.
final class Service {
  /// A fault counts from its beginning until so long after it was mended.
  private static final long AFTER_NANOS = 4_000_000_000L;

  private final Map<String, long[]> acknowledgedAt = new HashMap<>();

  /// @param gaps in seconds, of every partition and fault of the kind, ascending
  record Gaps(String kind, int faults, List<Double> gaps) {
    /// @param percent 1 to 100
    double at(int percent) {
      return gaps.isEmpty() ? 0 : gaps.get((gaps.size() * percent + 99) / 100 - 1);
    }
  }

  Service(List<Entry> history) {
    Map<String, List<Long>> ends = new HashMap<>();
    for (Entry entry : history) {
      if (entry instanceof Entry.Produce produce
          && produce.result() == Result.OK
          && produce.queue().startsWith(Entry.PROBE)) {
        ends.computeIfAbsent(produce.queue(), _ -> new ArrayList<>()).add(produce.span().end());
      }
    }
    ends.forEach((queue, list) ->
        acknowledgedAt.put(queue, list.stream().mapToLong(Long::longValue).sorted().toArray()));
  }

  /// For each kind of fault. Faults that overlap others are left out, as nobody knows which it was.
  List<Gaps> byKind(List<Entry.Fault> faults) {
    Map<String, List<Entry.Fault>> kinds = new TreeMap<>();
    for (Entry.Fault fault : faults) {
      if (faults.stream().noneMatch(other -> other != fault && overlap(fault, other))) {
        kinds.computeIfAbsent(fault.kind(), _ -> new ArrayList<>()).add(fault);
      }
    }
    List<Gaps> all = new ArrayList<>();
    kinds.forEach((kind, of) -> {
      List<Double> gaps = new ArrayList<>();
      of.forEach(fault -> gaps.addAll(gaps(fault)));
      Collections.sort(gaps);
      all.add(new Gaps(kind, of.size(), gaps));
    });
    return all;
  }

  private static boolean overlap(Entry.Fault one, Entry.Fault other) {
    return one.span().start() < other.span().end() + AFTER_NANOS
        && other.span().start() < one.span().end() + AFTER_NANOS;
  }

  /// The longest of each partition, in seconds.
  private List<Double> gaps(Entry.Fault fault) {
    List<Double> gaps = new ArrayList<>();
    acknowledgedAt
        .values()
        .forEach(ends ->
            gaps.add(longest(ends, fault.span().start(), fault.span().end() + AFTER_NANOS) / 1e9));
    return gaps;
  }

  private static long longest(long[] ends, long from, long to) {
    long longest = 0;
    for (int i = 1; i < ends.length; i++) {
      if (ends[i] > from && ends[i - 1] < to) {
        longest = Math.max(longest, ends[i] - ends[i - 1]);
      }
    }
    return longest;
  }
}

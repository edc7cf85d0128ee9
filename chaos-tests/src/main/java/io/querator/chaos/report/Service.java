package io.querator.chaos.report;

import io.querator.chaos.history.Entry;
import io.querator.chaos.history.History;
import io.querator.chaos.history.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// How long partitions did not serve after faults, as seen by the probes: the longest time between
/// two acknowledgements, of each partition for each fault.
public final class Service {
  /// A fault counts from its beginning until so long after it was mended, or the next begins.
  private static final long AFTER_NANOS = 4_000_000_000L;

  private static final long BEFORE_NANOS = 500_000_000L;
  private static final double NANOS_PER_SECOND = 1e9;

  private final Map<String, long[]> acknowledgedAt = new HashMap<>();

  /// @param gaps in seconds, of every partition and fault of the kind, ascending
  public record Gaps(String kind, int faults, List<Double> gaps) {
    public Gaps {
      gaps = gaps.stream().sorted().toList();
    }

    private Gaps with(Gaps other) {
      List<Double> all = new ArrayList<>(gaps);
      all.addAll(other.gaps);
      return new Gaps(kind, faults + other.faults, all);
    }

    /// @param percent 1 to 100
    double at(int percent) {
      return gaps.isEmpty() ? 0 : gaps.get((gaps.size() * percent + 99) / 100 - 1);
    }

    /// A line.
    public String text() {
      return String.format(
          Locale.ROOT,
          "%-22s %3d faults, without service: p50 %.2f s, p99 %.2f s, max %.2f s",
          kind,
          faults,
          at(50),
          at(99),
          at(100));
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
    Map<String, List<Double>> gaps = new TreeMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (Entry.Fault fault : faults) {
      if (faults.stream().noneMatch(other -> other != fault && disturbs(other, fault))) {
        counts.merge(fault.kind(), 1, Integer::sum);
        long until = until(fault, faults);
        acknowledgedAt
            .values()
            .forEach(ends ->
                gaps.computeIfAbsent(fault.kind(), _ -> new ArrayList<>())
                    .add(longest(ends, fault.span().start(), until) / NANOS_PER_SECOND));
      }
    }
    List<Gaps> all = new ArrayList<>();
    gaps.forEach((kind, list) -> all.add(new Gaps(kind, counts.getOrDefault(kind, 0), list)));
    return all;
  }

  /// Over several histories, in the order of the kinds.
  ///
  /// @param files of whole histories
  public static Collection<Gaps> of(List<Path> files) throws IOException {
    Map<String, Gaps> all = new TreeMap<>();
    for (Path file : files) {
      List<Entry> history = History.read(file);
      new Service(history)
          .byKind(faults(history))
          .forEach(gaps -> all.merge(gaps.kind(), gaps, Gaps::with));
    }
    return all.values();
  }

  static List<Entry.Fault> faults(List<Entry> history) {
    return history.stream()
        .filter(Entry.Fault.class::isInstance)
        .map(Entry.Fault.class::cast)
        .toList();
  }

  /// What begins when the other ends is its own: a node that is started again.
  private static boolean disturbs(Entry.Fault other, Entry.Fault fault) {
    boolean before = other.span().end() <= fault.span().start();
    boolean own = before && other.target().equals(fault.target());
    return !own
        && other.span().start() < fault.span().end()
        && fault.span().start() < other.span().end() + AFTER_NANOS;
  }

  /// What begins just before the next fault may as well be of that.
  private static long until(Entry.Fault fault, List<Entry.Fault> faults) {
    return faults.stream()
        .mapToLong(other -> other.span().start())
        .filter(start -> start >= fault.span().end())
        .map(start -> start - BEFORE_NANOS)
        .reduce(fault.span().end() + AFTER_NANOS, Math::min);
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

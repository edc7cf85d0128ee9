package io.querator.node.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/// The result of one measurement.
///
/// @param run from 1
/// @param batch items in each call
/// @param seconds how long was measured
/// @param items that were completed
/// @param calls one for each kind
record Figures(int run, int batch, double seconds, long items, List<Latency> calls, Costs costs) {
  private static final double NANOS = 1e9;
  private static final double MILLION = 1e6;

  Figures {
    calls = List.copyOf(calls);
  }

  /// How long calls of one kind took.
  record Latency(CallKind kind, long calls, double p50Millis, double p99Millis, double maxMillis) {
    private static final double MICROS_PER_MILLI = 1e3;

    static Latency of(CallKind kind, Histogram micros) {
      return new Latency(
          kind,
          micros.getTotalCount(),
          micros.getValueAtPercentile(50) / MICROS_PER_MILLI,
          micros.getValueAtPercentile(99) / MICROS_PER_MILLI,
          micros.getMaxValue() / MICROS_PER_MILLI);
    }
  }

  /// What all items took together; null where it could not be read.
  record Costs(
      @Nullable Double databaseSeconds,
      @Nullable Double nodeSeconds,
      @Nullable Double benchSeconds,
      @Nullable Double walBytes,
      @Nullable Double commits) {
    private static Costs between(Reading begin, Reading end) {
      return new Costs(
          seconds(begin.databaseCpu(), end.databaseCpu()),
          seconds(begin.nodeCpu(), end.nodeCpu()),
          seconds(begin.benchCpu(), end.benchCpu()),
          difference(begin.walBytes(), end.walBytes()),
          difference(begin.commits(), end.commits()));
    }

    private static @Nullable Double seconds(@Nullable Duration from, @Nullable Duration to) {
      return from == null || to == null ? null : to.minus(from).toNanos() / NANOS;
    }

    private static @Nullable Double difference(@Nullable Long from, @Nullable Long to) {
      return from == null || to == null ? null : (double) (to - from);
    }
  }

  static Figures between(
      int run, int batch, Reading begin, Reading end, Map<CallKind, Histogram> latencies) {
    return new Figures(
        run,
        batch,
        (end.nanos() - begin.nanos()) / NANOS,
        end.completed() - begin.completed(),
        latencies.entrySet().stream()
            .map(entry -> Latency.of(entry.getKey(), entry.getValue()))
            .toList(),
        Costs.between(begin, end));
  }

  double itemsPerSecond() {
    return items / seconds;
  }

  double requestsPerSecond() {
    return calls.stream().mapToLong(Latency::calls).sum() / seconds;
  }

  @Nullable Double commitsPerSecond() {
    Double commits = costs.commits();
    return commits == null ? null : commits / seconds;
  }

  /// Completed items for each commit; a commit may produce, lease and complete.
  @Nullable Double itemsPerCommit() {
    Double commits = costs.commits();
    return commits == null || commits == 0 ? null : items / commits;
  }

  @Nullable Double databaseSecondsPerMillion() {
    return perMillion(costs.databaseSeconds());
  }

  @Nullable Double nodeSecondsPerMillion() {
    return perMillion(costs.nodeSeconds());
  }

  @Nullable Double benchSecondsPerMillion() {
    return perMillion(costs.benchSeconds());
  }

  @Nullable Double walBytesPerItem() {
    Double bytes = costs.walBytes();
    return bytes == null || items == 0 ? null : bytes / items;
  }

  private @Nullable Double perMillion(@Nullable Double seconds) {
    return seconds == null || items == 0 ? null : seconds / items * MILLION;
  }
}

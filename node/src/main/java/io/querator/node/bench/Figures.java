package io.querator.node.bench;

import io.querator.node.process.MachineTimes;
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
/// @param items that were completed; in [Mode#PRODUCE], produced
/// @param course what was seen in each second
/// @param calls one for each that there was
record Figures(
    int run,
    int batch,
    double seconds,
    long items,
    Seconds course,
    List<Latency> calls,
    Costs costs) {
  private static final double NANOS = 1e9;
  private static final double MILLION = 1e6;
  private static final double PERCENT = 100;
  private static final double MEBIBYTE = 1 << 20;

  Figures {
    calls = List.copyOf(calls);
  }

  /// What was seen in each second.
  ///
  /// @param rates items a second
  /// @param databaseBytes what the database took on its disk; none if it cannot be asked
  record Seconds(List<Double> rates, List<Long> databaseBytes) {
    Seconds {
      rates = List.copyOf(rates);
      databaseBytes = List.copyOf(databaseBytes);
    }
  }

  /// How long calls of one kind took.
  record Latency(Timed kind, Histogram micros) {
    private static final double MICROS_PER_MILLI = 1e3;

    long calls() {
      return micros.getTotalCount();
    }

    /// @param percentile 0 to 100
    double millis(double percentile) {
      return micros.getValueAtPercentile(percentile) / MICROS_PER_MILLI;
    }

    double maxMillis() {
      return micros.getMaxValue() / MICROS_PER_MILLI;
    }
  }

  /// What all items took together; null where it could not be read.
  ///
  /// @param stolen the share of the machine's processor time that its host gave to others, 0 to 1
  record Costs(
      @Nullable Double databaseSeconds,
      @Nullable Double nodeSeconds,
      @Nullable Double benchSeconds,
      @Nullable Double walBytes,
      @Nullable Double deadRows,
      @Nullable Double commits,
      @Nullable Double stolen) {
    private static Costs between(Reading begin, Reading end) {
      return new Costs(
          seconds(begin.databaseCpu(), end.databaseCpu()),
          seconds(begin.nodeCpu(), end.nodeCpu()),
          seconds(begin.benchCpu(), end.benchCpu()),
          difference(begin.walBytes(), end.walBytes()),
          difference(begin.deadRows(), end.deadRows()),
          difference(begin.commits(), end.commits()),
          stolen(begin.machine(), end.machine()));
    }

    private static @Nullable Double seconds(@Nullable Duration from, @Nullable Duration to) {
      return from == null || to == null ? null : to.minus(from).toNanos() / NANOS;
    }

    private static @Nullable Double stolen(@Nullable MachineTimes from, @Nullable MachineTimes to) {
      return from == null || to == null ? null : to.stolenSince(from);
    }

    private static @Nullable Double difference(@Nullable Long from, @Nullable Long to) {
      return from == null || to == null ? null : (double) (to - from);
    }
  }

  static Figures between(
      int run,
      int batch,
      Reading begin,
      Reading end,
      Seconds course,
      Map<Timed, Histogram> latencies) {
    return new Figures(
        run,
        batch,
        (end.nanos() - begin.nanos()) / NANOS,
        end.items() - begin.items(),
        course,
        latencies.entrySet().stream()
            .filter(entry -> entry.getValue().getTotalCount() > 0)
            .map(entry -> new Latency(entry.getKey(), entry.getValue()))
            .toList(),
        Costs.between(begin, end));
  }

  double itemsPerSecond() {
    return items / seconds;
  }

  double requestsPerSecond() {
    return calls.stream()
            .filter(latency -> Timed.CALLS.contains(latency.kind()))
            .mapToLong(Latency::calls)
            .sum()
        / seconds;
  }

  @Nullable Double commitsPerSecond() {
    Double commits = costs.commits();
    return commits == null ? null : commits / seconds;
  }

  /// Items for each commit; a commit may produce, lease and complete.
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
    return perItem(costs.walBytes());
  }

  @Nullable Double deadRowsPerItem() {
    return perItem(costs.deadRows());
  }

  /// What the database took on its disk in the end.
  @Nullable Double databaseMebibytes() {
    List<Long> bytes = course.databaseBytes();
    return bytes.isEmpty() ? null : bytes.getLast() / MEBIBYTE;
  }

  /// How much of the machine's processor time its host gave to others, in percent.
  @Nullable Double stolenPercent() {
    Double stolen = costs.stolen();
    return stolen == null ? null : stolen * PERCENT;
  }

  private @Nullable Double perItem(@Nullable Double all) {
    return all == null || items == 0 ? null : all / items;
  }

  private @Nullable Double perMillion(@Nullable Double seconds) {
    Double each = perItem(seconds);
    return each == null ? null : each * MILLION;
  }
}

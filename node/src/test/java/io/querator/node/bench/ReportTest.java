package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.querator.node.bench.Figures.Seconds;
import io.querator.node.process.MachineTimes;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private static final Reading BEGIN =
      new Reading(
          5_000_000_000L,
          10,
          Duration.ZERO,
          Duration.ZERO,
          Duration.ofSeconds(3),
          400L,
          7L,
          100L,
          new MachineTimes(1_000, 100));

  private static final Seconds COURSE = new Seconds(List.of(1_000.0), List.of(1L << 20, 3L << 20));
  private static final Seconds UNKNOWN = new Seconds(List.of(1_000.0), List.of());

  @Test
  void countsWhatItemsCost() {
    Reading end =
        new Reading(
            7_000_000_000L,
            2_010,
            Duration.ofMillis(2),
            Duration.ofMillis(20),
            Duration.ofMillis(3_200),
            600_400L,
            4_007L,
            200L,
            new MachineTimes(1_400, 110));

    Figures figures = Figures.between(1, 10, BEGIN, end, COURSE, latencies(200));

    assertThat(figures.itemsPerSecond()).isEqualTo(1_000);
    assertThat(figures.requestsPerSecond()).isEqualTo(400);
    assertThat(figures.commitsPerSecond()).isEqualTo(50);
    assertThat(figures.itemsPerCommit()).isEqualTo(20);
    assertThat(figures.databaseSecondsPerMillion()).isEqualTo(100);
    assertThat(figures.nodeSecondsPerMillion()).isEqualTo(10);
    assertThat(figures.benchSecondsPerMillion()).isEqualTo(1);
    assertThat(figures.walBytesPerItem()).isEqualTo(300);
    assertThat(figures.deadRowsPerItem()).isEqualTo(2);
    assertThat(figures.stolenPercent()).isEqualTo(2.5);
    assertThat(figures.databaseMebibytes()).isEqualTo(3);
    Figures.Latency produce = figures.calls().getFirst();
    assertThat(produce.kind()).isEqualTo(Timed.PRODUCE);
    assertThat(produce.calls()).isEqualTo(200);
    assertThat(produce.millis(50)).isEqualTo(0.1);
    assertThat(produce.millis(99)).isEqualTo(0.198);
    assertThat(produce.maxMillis()).isEqualTo(0.2);
  }

  @Test
  void saysWhatIsUnknown() throws IOException {
    Reading begin = new Reading(0, 0, null, null, null, null, null, null, null);
    Reading end = new Reading(1_000_000_000L, 1_234_567, null, null, null, null, null, null, null);
    Figures figures = Figures.between(1, 1, begin, end, UNKNOWN, latencies(1));
    Report report = new Report(List.of("machine: mine"), List.of(figures));

    assertThat(report.text())
        .startsWith("machine: mine\n")
        .contains("1,234,567")
        .contains("unknown")
        .doesNotContain("over all runs");
    JsonNode json = new ObjectMapper().readTree(report.json());
    assertThat(json.get("facts").get(0).textValue()).isEqualTo("machine: mine");
    JsonNode measurement = json.get("measurements").get(0);
    assertThat(measurement.get("items").longValue()).isEqualTo(1_234_567);
    assertThat(measurement.get("wal_bytes_per_item").isNull()).isTrue();
    assertThat(measurement.get("calls").get("lease").get("calls").intValue()).isEqualTo(1);
  }

  @Test
  void doesNotDivideByNothing() {
    Figures figures = Figures.between(1, 1, BEGIN, BEGIN, UNKNOWN, latencies(1));

    assertThat(figures.walBytesPerItem()).isNull();
    assertThat(figures.itemsPerCommit()).isNull();
    assertThat(figures.databaseSecondsPerMillion()).isNull();
  }

  @Test
  void showsTheSpreadOfSeveralRuns() {
    List<Figures> runs = List.of(rate(1, 300), rate(2, 100), rate(3, 200));

    assertThat(new Report(List.of(), runs).text())
        .endsWith(
            """
            Items/s over all runs
            batch  runs  least  median  most
                1     3    100     200   300\
            """);
  }

  private static Figures rate(int run, long items) {
    Reading begin = new Reading(0, 0, null, null, null, null, null, null, null);
    Reading end = new Reading(1_000_000_000L, items, null, null, null, null, null, null, null);
    return Figures.between(run, 1, begin, end, UNKNOWN, latencies(1));
  }

  /// Of each kind `calls`, of 1 µs, 2 µs, and so on.
  private static Map<Timed, Histogram> latencies(int calls) {
    Map<Timed, Histogram> latencies = new EnumMap<>(Timed.class);
    for (Timed kind : Timed.CALLS) {
      Histogram histogram = new Histogram(3);
      for (int micros = 1; micros <= calls; micros++) {
        histogram.recordValue(micros);
      }
      latencies.put(kind, histogram);
    }
    return latencies;
  }
}

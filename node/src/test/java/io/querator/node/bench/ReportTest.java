package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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
          5_000_000_000L, 10, Duration.ZERO, Duration.ZERO, Duration.ofSeconds(3), 400L, 100L);

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
            200L);

    Figures figures = Figures.between(1, 10, BEGIN, end, latencies(200));

    assertThat(figures.itemsPerSecond()).isEqualTo(1_000);
    assertThat(figures.requestsPerSecond()).isEqualTo(300);
    assertThat(figures.commitsPerSecond()).isEqualTo(50);
    assertThat(figures.itemsPerCommit()).isEqualTo(20);
    assertThat(figures.databaseSecondsPerMillion()).isEqualTo(100);
    assertThat(figures.nodeSecondsPerMillion()).isEqualTo(10);
    assertThat(figures.benchSecondsPerMillion()).isEqualTo(1);
    assertThat(figures.walBytesPerItem()).isEqualTo(300);
    assertThat(figures.calls().getFirst())
        .isEqualTo(new Figures.Latency(CallKind.PRODUCE, 200, 0.1, 0.198, 0.2));
  }

  @Test
  void saysWhatIsUnknown() throws IOException {
    Reading begin = new Reading(0, 0, null, null, null, null, null);
    Reading end = new Reading(1_000_000_000L, 1_234_567, null, null, null, null, null);
    Figures figures = Figures.between(1, 1, begin, end, latencies(1));
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
    Figures figures = Figures.between(1, 1, BEGIN, BEGIN, latencies(1));

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
    Reading begin = new Reading(0, 0, null, null, null, null, null);
    Reading end = new Reading(1_000_000_000L, items, null, null, null, null, null);
    return Figures.between(run, 1, begin, end, latencies(1));
  }

  /// Of each kind `calls`, of 1 µs, 2 µs, and so on.
  private static Map<CallKind, Histogram> latencies(int calls) {
    Map<CallKind, Histogram> latencies = new EnumMap<>(CallKind.class);
    for (CallKind kind : CallKind.values()) {
      Histogram histogram = new Histogram(3);
      for (int micros = 1; micros <= calls; micros++) {
        histogram.recordValue(micros);
      }
      latencies.put(kind, histogram);
    }
    return latencies;
  }
}

package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class MetricsTest {
  @Test
  void addsUpAllSeries() {
    String text =
        """
        # TYPE queue_commit_seconds histogram
        queue_commit_seconds_bucket{le="0.001"} 7
        queue_commit_seconds_count{storage="one"} 1.5E3
        queue_commit_seconds_count{storage="two"} 2
        queue_commit_seconds_count_of_others 9
        queue_commit_seconds_sum 3
        """;

    String other = "queue_commit_seconds_count 12\nprocess_cpu_time_ns_total 1.0E9\n";

    assertThat(pages(text).commits()).hasValue(1_502);
    assertThat(pages(text, other).commits()).hasValue(1_514);
    assertThat(pages(other, other).cpuNanos()).hasValue(2_000_000_000);
  }

  @Test
  void knowsThatTheyAreMissing() {
    assertThat(pages("queue_turn_seconds_count 1\n").commits()).isEmpty();
    assertThat(pages("queue_commit_seconds_count 1\n", "").commits()).isEmpty();
  }

  private static Metrics.Pages pages(String... texts) {
    return new Metrics.Pages(List.of(texts));
  }
}

package io.querator.node.bench;

import static org.assertj.core.api.Assertions.assertThat;

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

    assertThat(Metrics.commits(text)).hasValue(1_502);
    assertThat(Metrics.commits("queue_commit_seconds_count 12\n")).hasValue(12);
  }

  @Test
  void knowsThatTheyAreMissing() {
    assertThat(Metrics.commits("queue_turn_seconds_count 1\n")).isEmpty();
  }
}

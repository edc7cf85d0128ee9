package io.querator.node.metric;

import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.querator.queue.TurnObserver;

/// How long turns and commits take, and how much they write. Used by all partition loops at once.
final class TurnMeasures implements TurnObserver {
  private static final double[] SECONDS = {
    .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10
  };
  private static final double[] ROWS = {
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000
  };
  private static final double NANOS = 1e9;

  private final Histogram turns;
  private final Histogram commits;
  private final Histogram rows;
  private final Counter fenced;

  TurnMeasures(PrometheusRegistry registry) {
    turns =
        histogram("queue_turn_seconds", "Turns of partitions that wrote something.", SECONDS)
            .register(registry);
    commits =
        histogram("queue_commit_seconds", "Commits of turns, in the database.", SECONDS)
            .register(registry);
    rows =
        histogram("queue_commit_rows", "Rows that a commit wrote or removed.", ROWS)
            .register(registry);
    fenced =
        Counter.builder()
            .name("queue_commits_fenced_total")
            .help("Commits that were refused, since another node owns the partition.")
            .withoutExemplars()
            .register(registry);
  }

  private static Histogram.Builder histogram(String name, String help, double[] bounds) {
    return Histogram.builder()
        .name(name)
        .help(help)
        .withoutExemplars()
        .classicOnly()
        .classicUpperBounds(bounds);
  }

  @Override
  public void turn(int written, long turnNanos, long commitNanos) {
    turns.observe(turnNanos / NANOS);
    commits.observe(commitNanos / NANOS);
    rows.observe(written);
  }

  @Override
  public void fenced() {
    fenced.inc();
  }
}

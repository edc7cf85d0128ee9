package io.querator.node.metric;

import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/// How long partitions of nodes that went were not served.
public final class FailoverMeasures {
  private static final double[] SECONDS = {.1, .2, .5, 1, 2, 3, 4, 6, 8, 10, 15, 30, 60};

  private final Histogram seconds;

  FailoverMeasures(PrometheusRegistry registry) {
    seconds =
        Histogram.builder()
            .name("cluster_failover_seconds")
            .help(
                "From when a node was last heard of until the last of its partitions was served"
                    + " again. Each node tells all failovers that it has seen.")
            .labelNames("cause")
            .withoutExemplars()
            .classicOnly()
            .classicUpperBounds(SECONDS)
            .register(registry);
  }

  /// @param cause why the node went, of a bounded set
  public void observe(String cause, double took) {
    seconds.labelValues(cause).observe(took);
  }
}

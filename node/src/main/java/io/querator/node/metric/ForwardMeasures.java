package io.querator.node.metric;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.querator.client.Call;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How long calls take that are passed on to other nodes. Used by the threads of all connections.
public final class ForwardMeasures {
  private static final double NANOS = 1e9;
  private static final double ERROR = .005;

  private final Map<String, DistributionDataPoint> byPath;

  ForwardMeasures(PrometheusRegistry registry) {
    Summary all =
        Summary.builder()
            .name("http_forward_duration")
            .help("Seconds until another node has answered a call that was passed on to it.")
            .labelNames("path")
            .quantile(.5, ERROR)
            .quantile(.99, ERROR)
            .withoutExemplars()
            .register(registry);
    byPath =
        Call.all().stream()
            .map(Call::path)
            .collect(Collectors.toUnmodifiableMap(Function.identity(), all::labelValues));
  }

  /// @param nanos until the answer came, or it was known that none would
  public void passed(Call<?, ?> call, long nanos) {
    DistributionDataPoint duration = byPath.get(call.path());
    if (duration != null) {
      duration.observe(nanos / NANOS);
    }
  }
}

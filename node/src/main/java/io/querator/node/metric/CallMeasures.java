package io.querator.node.metric;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Summary;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.querator.client.Call;
import io.querator.client.ReplyCode;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/// How long calls take, and how they end. Used by the threads of all connections.
public final class CallMeasures {
  private static final double NANOS = 1e9;
  private static final double[] QUANTILES = {.5, .9, .99};
  private static final double ERROR = .005;

  private final Map<String, DistributionDataPoint> byPath;
  private final Counter answers;

  CallMeasures(PrometheusRegistry registry) {
    Summary.Builder summary =
        Summary.builder()
            .name("http_handler_duration")
            .help("Seconds from the head of a request to its answer, waiting included.")
            .labelNames("path")
            .withoutExemplars();
    for (double quantile : QUANTILES) {
      summary.quantile(quantile, ERROR);
    }
    Summary all = summary.register(registry);
    byPath =
        Call.all().stream()
            .map(Call::path)
            .collect(Collectors.toUnmodifiableMap(Function.identity(), all::labelValues));
    answers =
        Counter.builder()
            .name("http_handler_answers")
            .help("Answered calls, by their code.")
            .labelNames("path", "code")
            .withoutExemplars()
            .register(registry);
  }

  /// @param nanos from the end of the request's head until its answer was ready
  public void answered(Call<?, ?> call, ReplyCode code, long nanos) {
    DistributionDataPoint duration = byPath.get(call.path());
    if (duration != null) {
      duration.observe(nanos / NANOS);
      answers.labelValues(call.path(), Integer.toString(code.code())).inc();
    }
  }
}

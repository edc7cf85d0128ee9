package io.querator.node.metric;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Info;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.querator.node.config.MetricSettings;
import io.querator.queue.TurnObserver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.function.DoubleSupplier;

/// All metrics of a node. Safe for use by many threads.
public final class NodeMetrics implements AutoCloseable {
  /// The value of `Content-Type` that goes with [#text()].
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusRegistry prometheus = new PrometheusRegistry();
  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, prometheus, Clock.SYSTEM);
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final TurnMeasures turns = new TurnMeasures(prometheus);
  private final CallMeasures calls = new CallMeasures(prometheus);
  private final ForwardMeasures forwards = new ForwardMeasures(prometheus);
  private final FailoverMeasures failovers = new FailoverMeasures(prometheus);
  private final Scrapes scrapes = new Scrapes(this::write);

  /// @param version of the build
  public NodeMetrics(String version) {
    new ClassLoaderMetrics().bindTo(meters);
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    new FileDescriptorMetrics().bindTo(meters);
    new UptimeMetrics().bindTo(meters);
    collections.bindTo(meters);
    Info.builder()
        .name("queue_build")
        .help("The version of this node.")
        .labelNames("version")
        .register(prometheus)
        .addLabelValues(version);
  }

  /// Shows the queues of `source` from now on.
  ///
  /// @param clock the one that the queues' times are taken from
  public void observe(QueueSource source, MetricSettings settings, InstantSource clock) {
    prometheus.register(new QueueCollector(source, settings, clock));
  }

  /// Shows a number that is read when somebody asks.
  ///
  /// @param name with its unit last, such as `http_body_bytes`
  public void gauge(String name, String help, DoubleSupplier value) {
    Gauge.builder(name, value::getAsDouble)
        .description(help)
        .strongReference(true)
        .register(meters);
  }

  /// Is to be told of every turn.
  public TurnObserver turns() {
    return turns;
  }

  /// Is to be told of every call.
  public CallMeasures calls() {
    return calls;
  }

  /// Is to be told of every call that is passed on to another node.
  public ForwardMeasures forwards() {
    return forwards;
  }

  /// Is to be told of every failover.
  public FailoverMeasures failovers() {
    return failovers;
  }

  /// For connection pools.
  public MeterRegistry registry() {
    return meters;
  }

  /// Everything in the text format of Prometheus. One caller at a time makes it.
  public byte[] text() {
    return scrapes.get();
  }

  private byte[] write() {
    ByteArrayOutputStream text = new ByteArrayOutputStream(64 << 10);
    try {
      meters.scrape(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toByteArray();
  }

  @Override
  public void close() {
    collections.close();
    meters.close();
  }
}

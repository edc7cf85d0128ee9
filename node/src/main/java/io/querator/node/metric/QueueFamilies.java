package io.querator.node.metric;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricMetadata;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Gathers the families of one scrape. Owned by one call of [QueueCollector#collect()].
final class QueueFamilies {
  private final Map<String, Gauge> gauges = new LinkedHashMap<>();
  private final Map<Count, Collection<CounterDataPointSnapshot>> counters = new LinkedHashMap<>();
  private final long now;

  private record Gauge(String help, Collection<GaugeDataPointSnapshot> points) {}

  /// @param now microseconds since 1970
  QueueFamilies(long now) {
    this.now = now;
  }

  void gauge(String name, String help, Labels labels, double value) {
    gauges
        .computeIfAbsent(name, _ -> new Gauge(help, new ArrayList<>()))
        .points()
        .add(new GaugeDataPointSnapshot(value, labels, null));
  }

  void level(Level level, Labels labels) {
    gauge("queue_waiting_items", "Items that wait to be leased.", labels, level.waiting());
    gauge("queue_leased_items", "Items under a lease.", labels, level.leased());
    gauge("queue_scheduled_items", "Items that are not ready yet.", labels, level.scheduled());
    gauge("queue_mailbox_items", "Items in calls that wait for a turn.", labels, level.mailbox());
    gauge(
        "queue_oldest_waiting_seconds",
        "How long the first item has waited to be leased.",
        labels,
        level.oldestSeconds(now));
  }

  void counts(Counts counts, Labels labels) {
    for (Count kind : Count.values()) {
      counters
          .computeIfAbsent(kind, _ -> new ArrayList<>())
          .add(new CounterDataPointSnapshot(counts.get(kind), labels, null, 0L));
    }
  }

  MetricSnapshots snapshots() {
    List<MetricSnapshot> families = new ArrayList<>();
    gauges.forEach((name, gauge) ->
        families.add(new GaugeSnapshot(new MetricMetadata(name, gauge.help()), gauge.points())));
    counters.forEach((kind, points) ->
        families.add(new CounterSnapshot(new MetricMetadata(kind.metric(), kind.help()), points)));
    return new MetricSnapshots(families);
  }
}

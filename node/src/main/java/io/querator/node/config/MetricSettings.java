package io.querator.node.config;

/// How fine the metrics are, which bounds what one scrape costs.
///
/// @param partitionsMax 0 to 100,000: up to so many partitions each has numbers of its own; with
///   more, queues have
/// @param queuesMax 0 to 100,000: up to so many queues each has numbers of its own; with more there
///   are totals only
public record MetricSettings(int partitionsMax, int queuesMax) {
  static final MetricSettings DEFAULT = new MetricSettings(1_000, 1_000);

  private static final int MAX = 100_000;

  public MetricSettings {
    Range.check("partitionsMax", partitionsMax, 0, MAX);
    Range.check("queuesMax", queuesMax, 0, MAX);
  }
}

package io.querator.node;

import io.querator.cluster.Failover;
import io.querator.cluster.Ownership;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.metric.FailoverMeasures;
import io.querator.node.metric.NodeMetrics;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// The cluster's metrics, as one member knows it. Views come by one thread at a time.
final class ClusterReadings {
  private static final double MILLIS = 1_000.0;

  private final FailoverMeasures failovers;
  private final Set<Long> told = new HashSet<>();
  private boolean begun;

  private ClusterReadings(FailoverMeasures failovers) {
    this.failovers = failovers;
  }

  /// Shows them from now on.
  static void show(NodeMetrics metrics, ClusterMember member) {
    Supplier<OwnershipView> view = member::view;
    metrics.gauge("cluster_nodes", "Nodes that are alive.", () -> view.get().members().size());
    metrics.gauge(
        "cluster_partitions_owned", "Partitions that this node owns.", () -> owned(member).count());
    metrics.gauge(
        "cluster_partition_epoch_max",
        "The highest epoch of a partition that this node owns.",
        () -> owned(member).mapToLong(Ownership::epoch).max().orElse(0));
    metrics.gauge(
        "cluster_partitions_not_serving",
        "Partitions that no node serves now.",
        () ->
            view.get().partitions().stream()
                .filter(partition -> partition.state() != Ownership.State.SERVING)
                .count());
    metrics.gauge(
        "cluster_moves",
        "Partitions handed from one living node to another, since the table was made.",
        () -> view.get().moves());
    metrics.gauge(
        "cluster_renewal_age_seconds",
        "Seconds since the node that leads has last renewed this node's lease.",
        () -> member.silence().toMillis() / MILLIS);
    metrics.gauge(
        "cluster_renewals_late",
        "How often that took more than half a lease, since the start.",
        member::lateRenewals);
    metrics.gauge(
        "cluster_terms", "How often this node has begun to lead, since the start.", member::terms);
    ClusterReadings readings = new ClusterReadings(metrics.failovers());
    member.onChange(readings::see);
  }

  private static Stream<Ownership> owned(ClusterMember member) {
    return member.view().partitions().stream()
        .filter(partition -> member.node().equals(partition.owner()));
  }

  /// Failovers that had ended before this node joined are not its to tell.
  private void see(OwnershipView view) {
    Set<Long> ended = new HashSet<>();
    for (Failover failover : view.failovers()) {
      if (failover.waiting().isEmpty()) {
        ended.add(failover.index());
        if (begun && !told.contains(failover.index())) {
          failovers.observe(
              failover.cause().name().toLowerCase(Locale.ROOT),
              failover.durationMillis(view.now()) / MILLIS);
        }
      }
    }
    told.clear();
    told.addAll(ended);
    begun = true;
  }
}

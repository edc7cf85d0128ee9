package io.querator.node.metric;

import io.querator.queue.PartitionStats;
import java.util.function.ToLongFunction;

/// What a partition counts since it was opened.
enum Count {
  PRODUCED("queue_items_produced", "Items produced.", PartitionStats::produced),
  LEASED("queue_items_leased", "Leases of items: each delivery counts.", PartitionStats::leases),
  COMPLETED("queue_items_completed", "Items completed.", PartitionStats::completed),
  RETRIED("queue_items_retried", "Items that a client gave back.", PartitionStats::retried),
  LEASES_EXPIRED(
      "queue_leases_expired", "Items whose lease ran out.", PartitionStats::leasesExpired),
  EXPIRED(
      "queue_items_expired",
      "Items that waited longer than their queue allows.",
      PartitionStats::expired),
  DEAD(
      "queue_items_dead_lettered",
      "Items moved to the dead queue, or deleted for want of one.",
      PartitionStats::dead);

  private final String metric;
  private final String help;
  private final ToLongFunction<PartitionStats> value;

  Count(String metric, String help, ToLongFunction<PartitionStats> value) {
    this.metric = metric;
    this.help = help;
    this.value = value;
  }

  String metric() {
    return metric;
  }

  String help() {
    return help;
  }

  long of(PartitionStats stats) {
    return value.applyAsLong(stats);
  }
}

package io.querator.node;

import io.querator.node.metric.QueueReading;
import io.querator.node.metric.QueueReading.PartitionReading;
import io.querator.node.metric.QueueReading.Status;
import io.querator.node.metric.QueueSource;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Queues;
import io.querator.node.service.ServedQueue;
import java.util.List;

/// Shows the queues of the service to the metrics.
final class QueueReadings implements QueueSource {
  private final Queues queues;

  QueueReadings(Queues queues) {
    this.queues = queues;
  }

  @Override
  public List<QueueReading> queues() {
    return queues.all().stream().map(QueueReadings::read).toList();
  }

  private static QueueReading read(ServedQueue queue) {
    return new QueueReading(
        queue.name(),
        queue.waiting().leases(),
        queue.partitions().stream().map(QueueReadings::read).toList());
  }

  private static PartitionReading read(PartitionSlot slot) {
    Status status =
        switch (slot.health()) {
          case OPENING -> Status.OPENING;
          case SERVING -> Status.SERVING;
          case FAILING -> Status.FAILING;
        };
    return new PartitionReading(slot.index(), status, slot.stats(), slot.mailboxDepth());
  }
}

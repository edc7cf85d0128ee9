package io.querator.node.api;

import io.querator.client.GoDuration;
import io.querator.client.message.PartitionInfo;
import io.querator.client.message.QueueInfo;
import io.querator.storage.PartitionRecord;
import io.querator.storage.QueueRecord;

/// Definitions of queues as messages.
final class QueueInfos {
  private QueueInfos() {}

  static QueueInfo of(QueueRecord record) {
    QueueInfo.Builder info =
        QueueInfo.newBuilder()
            .setQueueName(record.name())
            .setCreatedAt(Timestamps.of(record.createdAt()))
            .setUpdatedAt(Timestamps.of(record.updatedAt()))
            .setDeadQueue(record.deadQueue())
            .setReference(record.reference())
            .setLeaseTimeout(GoDuration.format(record.leaseTimeout()))
            .setExpireTimeout(GoDuration.format(record.expireTimeout()))
            .setMaxAttempts(record.maxAttempts())
            .setRequestedPartitions(record.requestedPartitions())
            .setNamespace(record.namespace());
    for (PartitionRecord partition : record.partitions()) {
      info.addPartitions(PartitionInfo.newBuilder().setPartition(partition.index()));
    }
    return info.build();
  }
}

package io.querator.node.api;

import io.querator.client.GoDuration;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueuePartitionStats;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.ServedQueue;
import io.querator.queue.PartitionStats;
import java.time.Duration;
import java.time.InstantSource;

/// queue.stats
record StatsHandler(QueueLookup queues, InstantSource clock)
    implements CallHandler<QueueStatsRequest, QueueStatsResponse> {
  private static final int NOT_READY = -1;

  @Override
  public QueueStatsResponse handle(QueueStatsRequest request, CallContext context) {
    ServedQueue queue = queues.find(request.getQueueName());
    ServedQueue.Waiting waiting = queue.waiting();
    QueueLogicalStats.Builder logical =
        QueueLogicalStats.newBuilder()
            .setProduceWaiting(waiting.produces())
            .setLeaseWaiting(waiting.leases())
            .setCompleteWaiting(waiting.completes())
            .setInFlight(waiting.inFlight());
    long now = clock.instant().toEpochMilli();
    queue.partitions().forEach(slot -> logical.addPartitions(stats(slot, now)));
    return QueueStatsResponse.newBuilder()
        .setQueueName(queue.name())
        .addLogicalQueues(logical)
        .build();
  }

  private static QueuePartitionStats stats(PartitionSlot slot, long now) {
    QueuePartitionStats.Builder answer =
        QueuePartitionStats.newBuilder().setPartition(slot.index());
    PartitionStats stats = slot.stats();
    if (stats == null || slot.health() != PartitionSlot.Health.SERVING) {
      return answer
          .setFailures(slot.health() == PartitionSlot.Health.OPENING ? NOT_READY : slot.failures())
          .setAverageAge(GoDuration.format(Duration.ZERO))
          .setAverageLeasedAge(GoDuration.format(Duration.ZERO))
          .build();
    }
    return answer
        .setTotal(clamped(stats.total()))
        .setTotalLeased(stats.leased())
        .setScheduled(clamped(stats.scheduled()))
        .setFailures(stats.exact() ? 0 : NOT_READY)
        .setAverageAge(age(stats, now))
        .setAverageLeasedAge(timeLeft(stats, now))
        .build();
  }

  private static int clamped(long count) {
    return Math.clamp(count, 0, Integer.MAX_VALUE);
  }

  private static String age(PartitionStats stats, long now) {
    if (stats.total() <= 0) {
      return GoDuration.format(Duration.ZERO);
    }
    long createdAt = stats.baseMillis() + Math.floorDiv(stats.createdSumMillis(), stats.total());
    return format(now - createdAt);
  }

  private static String timeLeft(PartitionStats stats, long now) {
    if (stats.leased() <= 0) {
      return GoDuration.format(Duration.ZERO);
    }
    long deadline = stats.baseMillis() + Math.floorDiv(stats.deadlineSumMillis(), stats.leased());
    return format(deadline - now);
  }

  private static String format(long millis) {
    return GoDuration.format(Duration.ofMillis(Math.max(0, millis)));
  }
}

package io.querator.node.api;

import io.querator.client.Call;
import io.querator.client.GoDuration;
import io.querator.client.message.QueueLogicalStats;
import io.querator.client.message.QueuePartitionStats;
import io.querator.client.message.QueueStatsRequest;
import io.querator.client.message.QueueStatsResponse;
import io.querator.cluster.NodeId;
import io.querator.node.api.Forwarding.Passing;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.http.ReplyException;
import io.querator.node.service.Parallel;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Peers;
import io.querator.node.service.ServedQueue;
import io.querator.queue.PartitionStats;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// queue.stats
record StatsHandler(QueueLookup queues, InstantSource clock, Forwarding forwarding, Peers peers)
    implements CallHandler<QueueStatsRequest, QueueStatsResponse> {
  private static final int NOT_READY = -1;
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Override
  public QueueStatsResponse handle(QueueStatsRequest request, CallContext context) {
    boolean passed = context.caller().passed() != null;
    ServedQueue queue = queues.find(request.getQueueName());
    QueueStatsResponse own = own(queue, passed);
    return passed ? own : merged(own, others(context));
  }

  /// @param hereOnly without the partitions of other nodes
  private QueueStatsResponse own(ServedQueue queue, boolean hereOnly) {
    ServedQueue.Waiting waiting = queue.waiting();
    QueueLogicalStats.Builder logical =
        QueueLogicalStats.newBuilder()
            .setProduceWaiting(waiting.produces())
            .setLeaseWaiting(waiting.leases())
            .setCompleteWaiting(waiting.completes())
            .setInFlight(waiting.inFlight());
    long now = clock.instant().toEpochMilli();
    queue.partitions().stream()
        .filter(slot -> !hereOnly || slot.isServedHere())
        .forEach(slot -> logical.addPartitions(stats(slot, now)));
    return QueueStatsResponse.newBuilder()
        .setQueueName(queue.name())
        .addLogicalQueues(logical)
        .build();
  }

  /// What those of the other nodes say that can be asked.
  private List<QueueStatsResponse> others(CallContext context) {
    List<NodeId> nodes = peers.others();
    if (nodes.isEmpty()) {
      return List.of();
    }
    return Parallel.map(
            nodes,
            node -> {
              try {
                return Optional.of(
                    forwarding.pass(
                        node, new Passing<>(Call.QUEUE_STATS, context, 0, "", TIMEOUT)));
              } catch (ReplyException e) {
                return Optional.<QueueStatsResponse>empty();
              }
            })
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private static QueueStatsResponse merged(
      QueueStatsResponse own, List<QueueStatsResponse> others) {
    QueueLogicalStats.Builder sum = own.getLogicalQueues(0).toBuilder();
    Map<Integer, QueuePartitionStats> elsewhere = new HashMap<>();
    for (QueueStatsResponse other : others) {
      QueueLogicalStats stats = other.getLogicalQueues(0);
      sum.setProduceWaiting(sum.getProduceWaiting() + stats.getProduceWaiting())
          .setLeaseWaiting(sum.getLeaseWaiting() + stats.getLeaseWaiting())
          .setCompleteWaiting(sum.getCompleteWaiting() + stats.getCompleteWaiting())
          .setInFlight(sum.getInFlight() + stats.getInFlight());
      stats.getPartitionsList().forEach(one -> elsewhere.put(one.getPartition(), one));
    }
    for (int i = 0; i < sum.getPartitionsCount(); i++) {
      QueuePartitionStats there = elsewhere.get(sum.getPartitions(i).getPartition());
      if (there != null) {
        sum.setPartitions(i, there);
      }
    }
    return own.toBuilder().setLogicalQueues(0, sum).build();
  }

  private static QueuePartitionStats stats(PartitionSlot slot, long now) {
    QueuePartitionStats.Builder answer =
        QueuePartitionStats.newBuilder().setPartition(slot.index());
    PartitionStats stats = slot.stats();
    if (stats == null || slot.health() != PartitionSlot.Health.SERVING) {
      int failures = slot.failures();
      return answer
          .setFailures(failures == 0 ? NOT_READY : failures)
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

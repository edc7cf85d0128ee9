package io.querator.node.api;

import io.querator.client.Call;
import io.querator.client.message.PartitionPlace;
import io.querator.client.message.PartitionsListRequest;
import io.querator.client.message.PartitionsListResponse;
import io.querator.cluster.NodeId;
import io.querator.node.api.Forwarding.Passing;
import io.querator.node.http.CallContext;
import io.querator.node.http.CallHandler;
import io.querator.node.http.ReplyException;
import io.querator.node.service.Parallel;
import io.querator.node.service.PartitionSlot;
import io.querator.node.service.Peers;
import io.querator.node.service.ServedQueue;
import io.querator.storage.Relocation;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// partitions.list
record ListPartitionsHandler(QueueLookup queues, Forwarding forwarding, Peers peers)
    implements CallHandler<PartitionsListRequest, PartitionsListResponse> {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  @Override
  public PartitionsListResponse handle(PartitionsListRequest request, CallContext context) {
    boolean passed = context.caller().passed() != null;
    ServedQueue queue = queues.find(request.getQueueName());
    Map<Integer, Integer> elsewhere = passed ? Map.of() : copiedElsewhere(queue, context);
    PartitionsListResponse.Builder answer =
        PartitionsListResponse.newBuilder().setQueueName(queue.name());
    queue
        .partitions()
        .forEach(
            slot -> answer.addPartitions(place(slot, elsewhere.getOrDefault(slot.index(), 0))));
    return answer.build();
  }

  private static PartitionPlace place(PartitionSlot slot, int copiedElsewhere) {
    Relocation relocation = slot.record().relocation();
    long copied = slot.copied().orElse(copiedElsewhere);
    return PartitionPlace.newBuilder()
        .setPartition(slot.index())
        .setStorage(slot.record().storage())
        .setMovesTo(relocation == null ? "" : relocation.storage())
        .setCopied((int) Math.min(copied, Integer.MAX_VALUE))
        .build();
  }

  /// What those of the other nodes have copied that can be asked, by the number of the partition.
  private Map<Integer, Integer> copiedElsewhere(ServedQueue queue, CallContext context) {
    boolean moves =
        queue.partitions().stream().anyMatch(slot -> slot.record().relocation() != null);
    List<NodeId> nodes = moves ? peers.others() : List.of();
    Map<Integer, Integer> copied = new HashMap<>();
    Parallel.map(nodes, node -> ask(node, context)).stream()
        .flatMap(Optional::stream)
        .flatMap(answer -> answer.getPartitionsList().stream())
        .forEach(place -> copied.merge(place.getPartition(), place.getCopied(), Math::max));
    return copied;
  }

  private Optional<PartitionsListResponse> ask(NodeId node, CallContext context) {
    try {
      return Optional.of(
          forwarding.pass(node, new Passing<>(Call.PARTITIONS_LIST, context, 0, "", TIMEOUT)));
    } catch (ReplyException e) {
      return Optional.empty();
    }
  }
}

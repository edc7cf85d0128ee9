package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.Renewal;
import io.querator.cluster.RenewalCall.Answer;
import io.querator.cluster.atomix.RaftSettings;
import io.querator.cluster.member.ClusterMember;
import io.querator.cluster.member.MemberSettings;
import io.querator.cluster.member.OwnershipHost;
import io.querator.storage.PartitionKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// The real table of owners, of which the member of one node hears what the test tells it.
final class ScriptedLeader {
  static final NodeId SELF = new NodeId("self");
  static final NodeId OTHER = new NodeId("other");
  static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final NodeId LEADER = new NodeId("leader");

  /// Of the node that is told.
  final UUID incarnation = UUID.randomUUID();

  private final OwnershipTable table = new OwnershipTable();
  private final UUID controller = UUID.randomUUID();
  private final BlockingQueue<OwnershipView> told = new LinkedBlockingQueue<>();
  private long index;

  ScriptedLeader(List<PartitionKey> partitions) {
    apply(new Found(1));
    apply(
        new Define(
            partitions.stream().map(key -> new PartitionDefinition(key, 1)).toList(), List.of()));
  }

  ClusterMember member(OwnershipHost host) {
    MemberSettings settings =
        new MemberSettings(
            SELF,
            incarnation,
            "api",
            "peer",
            Set.of(LEADER),
            Path.of("unused"),
            MemberSettings.LEASE,
            RaftSettings.ELECTION_TIMEOUT,
            1,
            "1");
    return new ClusterMember(settings, (_, _, _, _) -> answer(), host);
  }

  private byte[] answer() {
    try {
      OwnershipView view = told.poll(20, TimeUnit.MILLISECONDS);
      return (view == null ? new Answer.Current() : new Answer.Changed(view)).encode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Current().encode();
    }
  }

  void apply(OwnershipCommand command) {
    index++;
    table.apply(index, command);
  }

  /// Nodes say at once that they are there.
  ///
  /// @param processes by their nodes
  void hear(Map<NodeId, UUID> processes) {
    List<Renewal> renewals =
        processes.entrySet().stream()
            .map(one ->
                new Renewal(
                    one.getKey(), one.getValue(), "api", "peer", true, 1, "1", 1, List.of()))
            .toList();
    apply(new Tick(controller, 100, MemberSettings.LEASE.toMillis(), renewals));
  }

  /// Tells the member who owns what, and waits until it has heard that.
  ///
  /// @param expected of the table
  void tell(ClusterMember member, Predicate<OwnershipView> expected) {
    assertThat(table.view()).matches(expected);
    told.add(table.view());
    await().atMost(PATIENCE).until(() -> member.view().index() == index);
  }

  /// Whether a node owns so many partitions.
  static Predicate<OwnershipView> owns(NodeId node, int partitions) {
    return view ->
        view.partitions().stream().filter(one -> node.equals(one.owner())).count() == partitions;
  }
}

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
import io.querator.cluster.Renewal.Report;
import io.querator.cluster.RenewalCall;
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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The real table of owners, of which the member of one node hears what the test tells it; or all,
/// once it [#lead]s. Safe for use by many threads.
final class ScriptedLeader {
  static final NodeId SELF = new NodeId("self");
  static final NodeId OTHER = new NodeId("other");
  static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final NodeId LEADER = new NodeId("leader");
  private static final long WITHHELD_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /// Of the node that is told.
  final UUID incarnation = UUID.randomUUID();

  private final OwnershipTable table = new OwnershipTable();
  private final UUID controller = UUID.randomUUID();
  private final BlockingQueue<OwnershipView> told = new LinkedBlockingQueue<>();
  private @Nullable Renewal heard;
  private boolean leads;
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
    return new ClusterMember(settings, (_, _, message, _) -> answer(message), host);
  }

  private byte[] answer(byte[] message) {
    try {
      OwnershipView view =
          leads()
              ? take(RenewalCall.decode(message))
              : told.poll(WITHHELD_NANOS, TimeUnit.NANOSECONDS);
      return (view == null ? new Answer.Current() : new Answer.Changed(view)).encode();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Answer.Current().encode();
    }
  }

  /// From now on the member is heard, and told each change.
  synchronized void lead() {
    leads = true;
  }

  private synchronized boolean leads() {
    return leads;
  }

  private synchronized @Nullable OwnershipView take(RenewalCall call) throws InterruptedException {
    heard = call.renewal();
    tick(0, List.of(call.renewal()));
    long end = System.nanoTime() + WITHHELD_NANOS;
    while (!call.isBehind(table.view())) {
      long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
      if (left <= 0) {
        return null;
      }
      wait(left);
    }
    return table.view();
  }

  synchronized OwnershipView view() {
    return table.view();
  }

  synchronized void apply(OwnershipCommand command) {
    index++;
    table.apply(index, command);
    notifyAll();
  }

  private void tick(long elapsedMillis, List<Renewal> renewals) {
    apply(new Tick(controller, elapsedMillis, MemberSettings.LEASE.toMillis(), renewals));
  }

  /// Time passes, in which the member that is led goes on saying what it has said, and others
  /// speak.
  ///
  /// @param elapsedMillis at most [OwnershipTable#ELAPSED_MAX_MILLIS]
  synchronized void pass(long elapsedMillis, List<Renewal> others) {
    tick(elapsedMillis, Stream.concat(Stream.ofNullable(heard), others.stream()).toList());
  }

  static Renewal renewal(NodeId node, UUID process, long generation, List<Report> reports) {
    return new Renewal(node, process, "api", "peer", true, 1, "1", generation, reports);
  }

  /// Nodes say at once that they are there.
  ///
  /// @param processes by their nodes
  void hear(Map<NodeId, UUID> processes) {
    tick(
        100,
        processes.entrySet().stream()
            .map(one -> renewal(one.getKey(), one.getValue(), 1, List.of()))
            .toList());
  }

  /// Tells the member who owns what, and waits until it has heard that.
  ///
  /// @param expected of the table
  void tell(ClusterMember member, Predicate<OwnershipView> expected) {
    OwnershipView view = view();
    assertThat(view).matches(expected);
    told.add(view);
    await().atMost(PATIENCE).until(() -> member.view().index() == view.index());
  }

  /// Whether a node owns so many partitions.
  static Predicate<OwnershipView> owns(NodeId node, int partitions) {
    return view ->
        view.partitions().stream().filter(one -> node.equals(one.owner())).count() == partitions;
  }
}

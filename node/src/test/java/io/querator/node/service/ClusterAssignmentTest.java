package io.querator.node.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.NodeId;
import io.querator.cluster.OwnershipCommand;
import io.querator.cluster.OwnershipCommand.Define;
import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Found;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.OwnershipCommand.PartitionDefinition;
import io.querator.cluster.OwnershipCommand.Tick;
import io.querator.cluster.OwnershipTable;
import io.querator.cluster.OwnershipView;
import io.querator.cluster.Renewal;
import io.querator.cluster.RenewalCall.Answer;
import io.querator.cluster.atomix.RaftSettings;
import io.querator.cluster.member.ClusterMember;
import io.querator.cluster.member.MemberSettings;
import io.querator.node.service.Openings.Wanted;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.PartitionRecord;
import io.querator.storage.memory.MemoryPartitionStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A node that is told by another one which partitions are its own.
class ClusterAssignmentTest {
  private static final NodeId SELF = new NodeId("self");
  private static final NodeId OTHER = new NodeId("other");
  private static final NodeId LEADER = new NodeId("leader");
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final UUID incarnation = UUID.randomUUID();
  private final UUID others = UUID.randomUUID();
  private final TestService elsewhere = new TestService().started();
  private final ServedQueue queue = elsewhere.queue(1);
  private final PartitionRecord record = queue.partitions().getFirst().record();
  private final PartitionSlot slot = new PartitionSlot(record, InstantSource.system());

  private final OwnershipTable table = new OwnershipTable();
  private final UUID controller = UUID.randomUUID();
  private long index;

  /// What the leader tells next.
  private final BlockingQueue<OwnershipView> told = new LinkedBlockingQueue<>();

  private final Keeper keeper = new Keeper();
  private final ClusterMember member;

  ClusterAssignmentTest() {
    MemoryPartitionStore store = new MemoryPartitionStore(InstantSource.system());
    store.create(record.key());
    Storages storages = new Storages(List.of(new Storage(record.storage(), store, 1)));
    MissingPartitions missing = new MissingPartitions(storages, keeper);
    Openings openings =
        new Openings(keeper, storages, missing, OpenPartition.context(InstantSource.system()), 1);
    ClusterAssignment assignment =
        new ClusterAssignment(
            SELF,
            incarnation,
            keeper,
            storages,
            openings,
            missing,
            new SignsOfLife(keeper, storages),
            new Queues(),
            () -> CompletableFuture.completedFuture(true));
    openings.follow(assignment, (_, _) -> {});
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
    member = new ClusterMember(settings, (_, _, _, _) -> answer(), assignment);
    assignment.join(member);
    keeper.run(() -> assignment.appeared(List.of(new Wanted(queue, slot))));
    apply(new Found(1));
    apply(new Define(List.of(new PartitionDefinition(record.key(), 1)), List.of()));
  }

  @AfterEach
  void close() {
    member.close();
    slot.close(Reason.SHUTDOWN).join();
    keeper.close();
    elsewhere.close();
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

  private void apply(OwnershipCommand command) {
    index++;
    table.apply(index, command);
  }

  private void hear(NodeId node, UUID process) {
    Renewal renewal = new Renewal(node, process, "api", "peer", true, 1, "1", 1, List.of());
    apply(new Tick(controller, 100, MemberSettings.LEASE.toMillis(), List.of(renewal)));
  }

  /// Tells the node who owns the partition, and waits until it has heard that.
  private void tell(NodeId owner) {
    assertThat(table.view().partitions().getFirst().owner()).isEqualTo(owner);
    told.add(table.view());
    await().atMost(PATIENCE).until(() -> member.view().index() == index);
  }

  @Test
  void opensWhatWasAnothersBeforeItCouldBeOpenedAndIsItsOwnAgain() throws InterruptedException {
    CountDownLatch busy = new CountDownLatch(1);
    keeper.run(() -> {
      try {
        busy.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
    member.join();
    hear(SELF, incarnation);
    tell(SELF);
    apply(new Evict(SELF, incarnation));
    hear(OTHER, others);
    tell(OTHER);

    busy.countDown();
    await().atMost(PATIENCE).until(() -> new Place.There(OTHER).equals(slot.placeNow()));
    apply(new Leave(OTHER, others));
    hear(SELF, incarnation);
    tell(SELF);

    await().atMost(PATIENCE).until(slot::isServedHere);
  }
}

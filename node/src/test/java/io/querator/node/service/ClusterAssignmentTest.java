package io.querator.node.service;

import static io.querator.node.service.ScriptedLeader.OTHER;
import static io.querator.node.service.ScriptedLeader.PATIENCE;
import static io.querator.node.service.ScriptedLeader.SELF;
import static io.querator.node.service.ScriptedLeader.owns;
import static org.awaitility.Awaitility.await;

import io.querator.cluster.OwnershipCommand.Evict;
import io.querator.cluster.OwnershipCommand.Leave;
import io.querator.cluster.member.ClusterMember;
import io.querator.node.service.Openings.Wanted;
import io.querator.node.service.PartitionSlot.Place;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.PartitionRecord;
import io.querator.storage.memory.MemoryPartitionStore;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A node that is told by another one which partitions are its own.
class ClusterAssignmentTest {
  private final UUID others = UUID.randomUUID();
  private final TestService elsewhere = new TestService().started();
  private final ServedQueue queue = elsewhere.queue(1);
  private final PartitionRecord record = queue.partitions().getFirst().record();
  private final PartitionSlot slot = new PartitionSlot(record, InstantSource.system());
  private final ScriptedLeader leader = new ScriptedLeader(List.of(record.key()));
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
            leader.incarnation,
            keeper,
            storages,
            openings,
            missing,
            new SignsOfLife(keeper, storages),
            new Queues(),
            () -> CompletableFuture.completedFuture(true));
    openings.follow(assignment, (_, _) -> {});
    member = leader.member(assignment);
    assignment.join(member);
    keeper.run(() -> assignment.appeared(List.of(new Wanted(queue, slot))));
  }

  @AfterEach
  void close() {
    member.close();
    slot.close(Reason.SHUTDOWN).join();
    keeper.close();
    elsewhere.close();
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
    leader.hear(Map.of(SELF, leader.incarnation));
    leader.tell(member, owns(SELF, 1));
    leader.apply(new Evict(SELF, leader.incarnation));
    leader.hear(Map.of(OTHER, others));
    leader.tell(member, owns(OTHER, 1));

    busy.countDown();
    await().atMost(PATIENCE).until(() -> new Place.There(OTHER).equals(slot.placeNow()));
    leader.apply(new Leave(OTHER, others));
    leader.hear(Map.of(SELF, leader.incarnation));
    leader.tell(member, owns(SELF, 1));

    await().atMost(PATIENCE).until(slot::isServedHere);
  }
}

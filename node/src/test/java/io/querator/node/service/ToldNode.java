package io.querator.node.service;

import static io.querator.node.service.ScriptedLeader.SELF;

import io.querator.cluster.member.ClusterMember;
import io.querator.node.service.Openings.Wanted;
import io.querator.queue.Outcome.Reason;
import io.querator.storage.Faults;
import io.querator.storage.FaultyPartitionStore;
import io.querator.storage.PartitionRecord;
import io.querator.storage.PartitionStore;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What a node has to open partitions that a [ScriptedLeader] gives it, with places of its own for
/// those of a queue. For one thread at a time.
final class ToldNode implements AutoCloseable {
  final ClusterMember member;
  final List<PartitionSlot> slots;
  private final ServedQueue queue;
  private final Keeper keeper = new Keeper();
  private final ClusterAssignment assignment;
  private @Nullable CountDownLatch busy;

  /// @param queue of which nothing is known yet
  ToldNode(ScriptedLeader leader, ServedQueue queue, PartitionStore store, Faults faults) {
    this.queue = queue;
    slots =
        queue.partitions().stream()
            .map(slot -> new PartitionSlot(slot.record(), InstantSource.system()))
            .toList();
    String storage = slots.getFirst().record().storage();
    Storages storages =
        new Storages(
            List.of(new Storage(storage, new FaultyPartitionStore(store, faults, _ -> false), 1)));
    MissingPartitions missing = new MissingPartitions(storages, keeper);
    Openings openings =
        new Openings(keeper, storages, missing, OpenPartition.context(InstantSource.system()), 1);
    assignment =
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
  }

  /// A partition is in the catalogue.
  void appear(PartitionSlot slot) {
    keeper.run(() -> assignment.appeared(List.of(new Wanted(queue, slot))));
  }

  /// A partition lies elsewhere now.
  void place(PartitionSlot slot, PartitionRecord record) {
    keeper.run(() -> slot.record(record));
  }

  /// Has the keeper do nothing until it is [#release]d.
  void hold() {
    if (busy == null) {
      CountDownLatch held = new CountDownLatch(1);
      busy = held;
      keeper.run(() -> {
        try {
          held.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    }
  }

  void release() {
    if (busy != null) {
      busy.countDown();
      busy = null;
    }
  }

  @Override
  public void close() {
    release();
    member.close();
    keeper.close();
    for (PartitionSlot slot : slots) {
      slot.close(Reason.SHUTDOWN)
          .orTimeout(ScriptedLeader.PATIENCE.toSeconds(), TimeUnit.SECONDS)
          .join();
    }
  }
}
